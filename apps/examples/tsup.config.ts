import { appBuild } from '../../tools/config/tsup.ts';

export default appBuild('src/cli.ts');
