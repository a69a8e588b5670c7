/** Exit codes of the hooks, and what MHA 0.58 makes of them; then that of a switch which somebody has interrupted. */
export const exitMeanings: Readonly<Record<string, readonly string[]>> = {
  '0': ['Done and verified.', 'MHA goes on. mha-helper status: healthy.'],
  '1': [
    'Failed. An online switch has put everything back, or its output says what was not; MHA stops.',
    'Read the lines with FAIL in the log of MHA, then: mha-helper status; mha-helper recover CLUSTER. mha-helper status itself: degraded.',
  ],
  '2': [
    'Bad arguments or configuration. Nothing was changed; MHA stops.',
    'The message names file, key and value; mha-helper check tells all problems at once. mha-helper status itself: critical.',
  ],
  '10': [
    'MHA goes on although something is missing: the VIP, or the knowledge of what the old master does.',
    'The output and the mail say what. Where they say unknown, power the old master off before anyone can reach it again; then: mha-helper status.',
  ],
  '130': [
    'Ctrl-C came in time: mha-helper switch or failover has stopped MHA, and what had been changed was put back, or the guard is at it.',
    'mha-helper status shows whether all is as it was; if something is half done: mha-helper recover CLUSTER.',
  ],
};
