import {noVip} from '../../../controller/vip/none.ts';
import {cloudStage} from '../../suites/cloud-stage.ts';
import {vipProviderSuite} from '../../suites/vip-provider.ts';

vipProviderSuite('none', async () => cloudStage({provider: noVip, apiHolders: async () => []}), {movesNothing: true});
