import { appBuild } from '../../tooling/tsup.ts';

export default appBuild('src/cli.ts', 'src/child.ts');
