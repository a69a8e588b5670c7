import type {EC2} from '@aws-sdk/client-ec2';
import type {Ec2Api} from './ec2-api.ts';

interface Change {
  readonly api: Ec2Api;
  readonly action: string;
  readonly host: string;
  readonly signal: AbortSignal;
  /** What the API shows, whatever it answered. */
  readonly isDone: () => Promise<boolean>;
}

/**
 * Makes a change. An error is believed only while the API does not show the change as made: an answer that got lost,
 * and a second try after it, both end in an error about something that is as it should be.
 */
export const makeChange = async (
  {api, action, host, signal, isDone}: Change,
  send: (ec2: EC2, options: {abortSignal: AbortSignal}) => Promise<unknown>,
): Promise<void> => {
  try {
    await api.call(action, {about: host, signal}, send);
  } catch (error) {
    if (signal.aborted || !(await isDone().catch(() => false))) throw error;
  }
};
