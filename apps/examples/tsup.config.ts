import { appBuild } from '../../tooling/tsup';

export default appBuild(['src/cli.ts']);
