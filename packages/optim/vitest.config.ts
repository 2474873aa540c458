import { packageTests } from '../../tooling/vitest';

export default packageTests('optim');
