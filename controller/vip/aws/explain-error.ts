import {CloudFailed} from '../cloud.ts';

interface Context {
  /** As IAM calls it, without `ec2:`. */
  readonly action: string;
  readonly label: string;
}

/** The one place that reads EC2's error codes and the library's. */
export const explain = (error: unknown, {action, label}: Context): CloudFailed => {
  if (error instanceof CloudFailed) return error;
  const code = codeOf(error);
  const {advice, isWorthAnotherTry} = judge(code, error, action);
  return new CloudFailed(`${label}: ${action}: ${code}: ${textOf(error)}`, {
    hint: advice,
    isWorthAnotherTry,
    cause: error,
  });
};

/** EC2's own code, else Node's, else the library's name of the error. */
export const codeOf = (error: unknown): string => {
  const {name, code} = error as {name?: string; code?: unknown};
  return typeof code === 'string' ? code : (name ?? 'Error');
};

export const isMissingPermission = (error: unknown): boolean => noPermission.has(codeOf(error));

const noPermission = new Set(['UnauthorizedOperation', 'AccessDenied', 'AccessDeniedException']);

const badCredentials = new Set([
  'AuthFailure',
  'ExpiredToken',
  'ExpiredTokenException',
  'RequestExpired',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'SignatureDoesNotMatch',
  'IncompleteSignature',
  'MissingAuthenticationToken',
  'CredentialsProviderError',
  'TokenProviderError',
]);

const throttled = new Set([
  'RequestLimitExceeded',
  'Throttling',
  'ThrottlingException',
  'RequestThrottled',
  'EC2ThrottledException',
  'TooManyRequestsException',
]);

const passing = new Set([
  'InternalError',
  'InternalFailure',
  'Unavailable',
  'ServiceUnavailable',
  'RequestTimeout',
  'TimeoutError',
  'AbortError',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

const judge = (code: string, error: unknown, action: string): {advice: string; isWorthAnotherTry: boolean} => {
  if (noPermission.has(code))
    return {
      advice: `allow ec2:${action} in the IAM policy of the manager; the whole one is in deploy/aws/`,
      isWorthAnotherTry: false,
    };
  if (badCredentials.has(code))
    return {
      advice: 'give the manager valid credentials: renew those of aws_profile, or look at its instance role and clock',
      isWorthAnotherTry: false,
    };
  if (throttled.has(code))
    return {advice: 'EC2 limits the calls of the whole account: find who makes so many', isWorthAnotherTry: true};
  const status = (error as {$metadata?: {httpStatusCode?: number}}).$metadata?.httpStatusCode ?? 0;
  if (passing.has(code) || status >= 500)
    return {
      advice: "can the manager reach EC2's endpoint? look at aws_region and aws_endpoint",
      isWorthAnotherTry: true,
    };
  return {
    advice: advices[code] ?? 'compare the aws_ keys with what is there: mha-helper check',
    isWorthAnotherTry: false,
  };
};

const advices: Readonly<Record<string, string>> = {
  PrivateIpAddressLimitExceeded:
    'the instance type allows no more addresses on this interface: remove one or resize it',
  'InvalidAddress.NotFound': 'allocate the Elastic IP in this account and region, or correct writer_vip_cidr',
  'InvalidRouteTableID.NotFound': 'correct aws_route_tables',
  'InvalidInstanceID.NotFound': 'correct aws_instance_id',
  'InvalidInstanceID.Malformed': 'correct aws_instance_id',
};

/** One line without secrets: EC2 repeats key ids, and appends an encoded message of a thousand letters. */
const textOf = (error: unknown): string => {
  const {message} = error as Error;
  const short = message
    .replace(/\s*Encoded authorization failure message:.*$/s, '')
    .replace(/\bA[A-Z]{2}A[A-Z0-9]{12,}\b/g, 'A***')
    .replace(/\s+/g, ' ')
    .trim();
  return short.length > 300 ? `${short.slice(0, 300)}…` : short;
};
