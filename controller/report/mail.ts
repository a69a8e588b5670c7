import type {ReportConfig} from '../config/cluster-config.ts';
import type {Channel} from './channel.ts';

/** Mails a notice. Taken is what the server takes for at least one recipient. */
export const mailChannel = (config: ReportConfig): Channel => ({
  name: 'mail',
  deliver: async (notice, signal) => {
    const {sendReport} = await import('./send-report.ts'); // its library costs those who send no mail
    const {accepted, rejected} = await sendReport({config, notice, signal});
    return {
      said: `mailed to ${accepted.join(', ')}`,
      refused: rejected.map(({recipient, reason}) => `${recipient} was refused: ${reason}`),
    };
  },
});
