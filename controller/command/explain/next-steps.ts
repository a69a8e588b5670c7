import type {RefusalReason} from '../../../proto/refusal.ts';

/** What the operator does when an agent gives this reason. Each is one or two sentences for three in the morning. */
export const nextSteps: Readonly<Record<RefusalReason, string>> = {
  BUSY: 'Wait until the operation that the message names has ended; mha-helper status shows it. One whose controller died is undone within seconds.',
  STALE_EPOCH:
    'An older failover came late and changed nothing. mha-helper history shows the newer one; start the switch anew if it is still wanted.',
  FORBIDDEN:
    'The hooks need the certificate of a controller. mha-helper pki list shows roles and ends; issue another with mha-helper pki issue controller.',
  NOT_ALLOWED:
    "Add the VIP, interface or instance to agent.ini on that host and restart its agent, or correct the cluster's file.",
  INVALID:
    'Controller and agent may be of different versions: mha-helper status shows them. Else the message names what is wrong.',
  MYSQL_UNREACHABLE:
    'Look at mysqld on that host: whether it runs, whether it hangs, and whether its socket is where agent.ini says.',
  MISSING_PRIVILEGE:
    'Run the GRANT statement of the message on the master; mha-helper check prints all that are missing.',
  READ_ONLY_BLOCKED:
    'A statement or a LOCK TABLES held read_only up and could not be ended in time. Find it with SHOW PROCESSLIST, end it, and try again.',
  NOT_VERIFIED:
    'Look at the host yourself before you go on: what was set is not what the server or the system shows now.',
  THREADS_REMAIN:
    'Stop the applications that the message names, or list their accounts as exclude_users if they may stay; then try again.',
  VIP_IN_USE:
    'Find the machine with the MAC address of the message, and take the VIP off it: ip addr del <VIP> dev <interface>.',
  WOULD_LOSE_ADDRESS:
    'Set net.ipv4.conf.<interface>.promote_secondaries = 1 on that host, or give the VIP a subnet in which it is not the first address.',
  COMMAND_FAILED:
    'The message has the command and what it said. mha-helper check tells which tools or rights are missing.',
  JOURNAL: 'Nothing was changed. Free space for the state directory of the agent, or make it writable, and try again.',
  DEADLINE: "Something took too long and was undone. The steps in MHA's log show what; hook_timeout is the bound.",
  NOT_UNDOABLE:
    'Something newer has been on the host, so it is left alone. mha-helper status shows how it stands, mha-helper recover what to do.',
  INTERNAL: "A defect: keep the agent's log (journalctl -u mha-helper-agent) and report it. What was open is undone.",
};
