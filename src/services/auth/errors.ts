import { HangarError } from '#kernel'

/** An error in the words of the auth API; how it is worded on the wire depends on the API version that the client asked for. */
export class AuthError extends HangarError {
  /** The API's own code, e.g. `invalid_credentials`. */
  readonly errorCode: string
  /** Why a password is too weak: `length`, `characters`. */
  readonly weakReasons: readonly string[] | undefined

  constructor(
    status: number,
    errorCode: string,
    message: string,
    more: { readonly cause?: unknown; readonly weakReasons?: readonly string[] } = {},
  ) {
    super(message, { code: `HGR_AUTH_${errorCode.toUpperCase()}`, status, cause: more.cause })
    this.errorCode = errorCode
    this.weakReasons = more.weakReasons
  }
}

const make = (status: number, errorCode: string, message: string, cause?: unknown) =>
  new AuthError(status, errorCode, message, { cause })

export const errors = {
  // Requests that make no sense as they are.
  badJson: (why: string) => make(400, 'bad_json', `Could not parse request body as JSON: ${why}`),
  badRequest: (message: string) => make(400, 'validation_failed', message),
  validation: (message: string) => make(422, 'validation_failed', message),
  weakPassword: (message: string, weakReasons: readonly string[]) =>
    new AuthError(422, 'weak_password', message, { weakReasons }),

  // Who is asking.
  noAuthorization: () => make(401, 'no_authorization', 'This endpoint requires a Bearer token'),
  badJwt: (why: string, cause?: unknown) => make(403, 'bad_jwt', why, cause),
  notAdmin: () => make(403, 'not_admin', 'User not allowed'),
  userGone: () => make(403, 'user_not_found', 'User from sub claim in JWT does not exist'),
  sessionGone: () => make(403, 'session_not_found', 'Session from session_id claim in JWT does not exist'),

  // Signing in.
  invalidCredentials: () => make(400, 'invalid_credentials', 'Invalid login credentials'),
  bannedHere: () => make(403, 'user_banned', 'User is banned'),
  emailNotConfirmed: () => make(400, 'email_not_confirmed', 'Email not confirmed'),
  phoneNotConfirmed: () => make(400, 'phone_not_confirmed', 'Phone not confirmed'),
  userBanned: (message = 'User is banned') => make(400, 'user_banned', message),
  unsupportedGrant: (grant: string) =>
    make(400, 'validation_failed', `unsupported_grant_type: ${grant || '(none)'}`),
  emailDisabled: (what: 'signups' | 'logins') =>
    make(422, 'email_provider_disabled', `Email ${what} are disabled`),
  phoneDisabled: (what: 'signups' | 'logins') =>
    make(422, 'phone_provider_disabled', `Phone ${what} are disabled`),
  anonymousDisabled: () => make(422, 'anonymous_provider_disabled', 'Anonymous sign-ins are disabled'),
  signupDisabled: () => make(422, 'signup_disabled', 'Signups not allowed for this instance'),
  otpSignupDisabled: () => make(422, 'otp_disabled', 'Signups not allowed for otp'),
  oauthProviderDisabled: () =>
    make(400, 'validation_failed', 'Unsupported provider: provider is not enabled'),
  // Not 501: the official client hides the message of every 5xx.
  notBuilt: (what: string) => make(422, 'not_implemented', `${what} is not available in Hangar`),

  // Refreshing.
  refreshTokenNotFound: () =>
    make(400, 'refresh_token_not_found', 'Invalid Refresh Token: Refresh Token Not Found'),
  refreshTokenUsed: () => make(400, 'refresh_token_already_used', 'Invalid Refresh Token: Already Used'),
  manualLinkingDisabled: () => make(404, 'manual_linking_disabled', 'Manual linking is disabled'),
  samlDisabled: () => make(404, 'saml_provider_disabled', 'SAML 2.0 is disabled'),
  factorNotFound: () => make(404, 'mfa_factor_not_found', 'Factor not found'),
  refreshSessionGone: () => make(400, 'session_not_found', 'Invalid Refresh Token: No Valid Session Found'),
  sessionExpired: (why = 'Session Expired') => make(400, 'session_expired', `Invalid Refresh Token: ${why}`),

  // PKCE and one-time tokens.
  flowStateNotFound: () => make(404, 'flow_state_not_found', 'invalid flow state, no valid flow state found'),
  flowStateExpired: () => make(403, 'flow_state_expired', 'invalid flow state, flow state has expired'),
  badCodeVerifier: () =>
    make(400, 'bad_code_verifier', 'code challenge does not match previously saved code verifier'),
  otpExpired: (message = 'Token has expired or is invalid') => make(403, 'otp_expired', message),
  tooSoon: (seconds: number) =>
    make(
      429,
      'over_email_send_rate_limit',
      `For security purposes, you can only request this after ${seconds} seconds.`,
    ),
  noMailServer: () =>
    make(
      422,
      'email_provider_disabled',
      'Sending the email failed: this auth service has no mail server; set GOTRUE_SMTP_HOST',
    ),
  mailFailed: (what: string, cause: unknown) =>
    make(500, 'unexpected_failure', `Error sending ${what} email`, cause),

  // Users.
  userExists: () => make(422, 'user_already_exists', 'User already registered'),
  emailExists: () => make(422, 'email_exists', 'A user with this email address has already been registered'),
  phoneExists: () => make(422, 'phone_exists', 'A user with this phone number has already been registered'),
  userNotFound: () => make(404, 'user_not_found', 'User not found'),
  userIdInvalid: () => make(404, 'validation_failed', 'user_id must be an UUID'),
  samePassword: () => make(422, 'same_password', 'New password should be different from the old password.'),
  reauthenticationNeeded: () =>
    make(400, 'reauthentication_needed', 'Password update requires reauthentication'),
  reauthenticationInvalid: () => make(422, 'reauthentication_not_valid', 'Nonce has expired or is invalid'),
  appMetadataRefused: () => make(403, 'not_admin', 'Updating app_metadata requires admin privileges'),
  ssoManaged: (what: string) =>
    make(422, 'user_sso_managed', `Updating ${what} of a user managed by SSO is not possible`),

  // Ourselves.
  database: (doing: string, cause?: unknown) =>
    make(500, 'unexpected_failure', `Database error ${doing}`, cause),
  databaseTimeout: (cause?: unknown) =>
    make(503, 'request_timeout', 'The database did not answer in time; try again', cause),
  tooBusy: (cause?: unknown) =>
    make(503, 'over_request_rate_limit', 'All connections to the database are in use; try again', cause),
  closing: () => make(503, 'request_timeout', 'The auth service is stopping'),
  setting: (name: string, rule: string) =>
    new HangarError(`The auth service cannot start: ${name} ${rule}`, {
      code: 'HGR_AUTH_SETTING',
      hint: `Set ${name} in the environment of the auth app.`,
    }),
} as const
