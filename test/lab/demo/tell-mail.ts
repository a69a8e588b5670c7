import type {Stage} from './stage.ts';

/** Shows what the report of this failover says: its subject and our own account of it. */
export const tellMail = async ({mailbox, screen, score}: Stage): Promise<void> => {
  const {subject, account} = await mailbox.mail(score.of('hard').length - 1);
  screen.say(`mail to dba@example.com: ${subject}`);
  for (const line of account) screen.say(`> ${line}`);
};
