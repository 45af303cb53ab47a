import { HangarError, messageOf } from '#kernel'

/** An error in the words of the auth API; how it is worded on the wire depends on the API version that the client asked for. */
export class AuthError extends HangarError {
  /** The API's own code, e.g. `invalid_credentials`. */
  readonly errorCode: string
  /** Why a password is too weak: `length`, `characters`, `pwned`. */
  readonly weakReasons: readonly string[] | undefined
  /** Set: the answer has the form of OAuth2 (RFC 6749), `{error, error_description}`. */
  readonly oauth: string | undefined

  constructor(
    status: number,
    errorCode: string,
    message: string,
    more: {
      readonly cause?: unknown
      readonly weakReasons?: readonly string[]
      readonly oauth?: string
    } = {},
  ) {
    super(message, { code: `HGR_AUTH_${errorCode.toUpperCase()}`, status, cause: more.cause })
    this.errorCode = errorCode
    this.weakReasons = more.weakReasons
    this.oauth = more.oauth
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
  invalidCredentials: (message = 'Invalid login credentials') => make(400, 'invalid_credentials', message),
  bannedHere: () => make(403, 'user_banned', 'User is banned'),
  emailNotConfirmed: () => make(400, 'email_not_confirmed', 'Email not confirmed'),
  phoneNotConfirmed: () => make(400, 'phone_not_confirmed', 'Phone not confirmed'),
  userBanned: (message = 'User is banned') => make(400, 'user_banned', message),
  unsupportedGrant: () => make(400, 'invalid_credentials', 'unsupported_grant_type'),
  // The status is 422 where somebody signs in and 400 elsewhere, as clients know it.
  emailDisabled: (what: 'signups' | 'logins', status: 400 | 422 = 400) =>
    make(status, 'email_provider_disabled', `Email ${what} are disabled`),
  magicLinkDisabled: () => make(422, 'email_provider_disabled', 'Login with magic link is disabled'),
  phoneDisabled: (what: 'signups' | 'logins', status: 400 | 422 = 400) =>
    make(status, 'phone_provider_disabled', `Phone ${what} are disabled`),
  anonymousDisabled: () => make(422, 'anonymous_provider_disabled', 'Anonymous sign-ins are disabled'),
  signupDisabled: () => make(422, 'signup_disabled', 'Signups not allowed for this instance'),
  otpSignupDisabled: () => make(422, 'otp_disabled', 'Signups not allowed for otp'),

  // Refreshing.
  refreshTokenNotFound: () =>
    make(400, 'refresh_token_not_found', 'Invalid Refresh Token: Refresh Token Not Found'),
  refreshTokenUsed: () => make(400, 'refresh_token_already_used', 'Invalid Refresh Token: Already Used'),
  refreshSessionGone: () => make(400, 'session_not_found', 'Invalid Refresh Token: No Valid Session Found'),
  sessionExpired: (why = 'Session Expired') => make(400, 'session_expired', `Invalid Refresh Token: ${why}`),

  // PKCE and one-time tokens.
  flowStateNotFound: () => make(404, 'flow_state_not_found', 'invalid flow state, no valid flow state found'),
  flowStateExpired: () => make(422, 'flow_state_expired', 'invalid flow state, flow state has expired'),
  badCodeVerifier: () =>
    make(400, 'bad_code_verifier', 'code challenge does not match previously saved code verifier'),
  emailUnconfirmedYet: () => make(422, 'email_not_confirmed', 'Please verify your email first.'),
  phoneUnconfirmedYet: () => make(422, 'phone_not_confirmed', 'Please verify your phone first.'),
  otpExpired: (message = 'Token has expired or is invalid') => make(403, 'otp_expired', message),
  tooSoon: (what: 'email' | 'sms', seconds: number) =>
    make(
      429,
      `over_${what}_send_rate_limit`,
      `For security purposes, you can only request this after ${seconds} seconds.`,
    ),
  overRequestLimit: () => make(429, 'over_request_rate_limit', 'Request rate limit reached'),
  overSendLimit: (what: 'email' | 'sms') =>
    make(429, `over_${what}_send_rate_limit`, `${what} rate limit exceeded`),
  captchaFailed: (why: string) =>
    make(400, 'captcha_failed', `captcha protection: request disallowed (${why})`),
  captchaBroken: (cause: unknown) =>
    make(500, 'unexpected_failure', 'captcha verification process failed', cause),
  noMailServer: () =>
    make(
      422,
      'email_provider_disabled',
      'Sending the email failed: this auth service has no mail server; set GOTRUE_SMTP_HOST',
    ),
  mailFailed: (what: string, cause: unknown) =>
    make(500, 'unexpected_failure', `Error sending ${what} email`, cause),

  // Messages to phones.
  smsNotSent: (what: string, cause: unknown) =>
    make(422, 'sms_send_failed', `Error sending ${what} OTP to provider: ${messageOf(cause)}`, cause),
  unsupportedPhone: () => make(400, 'phone_provider_disabled', 'Unsupported phone provider'),
  badChannel: () =>
    make(400, 'validation_failed', "Invalid channel, supported values are 'sms' or 'whatsapp'"),
  emailNotAuthorized: (email: string) =>
    make(
      400,
      'email_address_not_authorized',
      `Email address "${email}" cannot be used as it is not authorized`,
    ),

  // Factors.
  factorNotFound: () => make(404, 'mfa_factor_not_found', 'Factor not found'),
  factorKindUnknown: () => make(400, 'validation_failed', 'factor_type needs to be totp, phone, or webauthn'),
  factorKindDisabled: (kind: string, what: 'enroll' | 'verify') =>
    make(
      422,
      `mfa_${kind}_${what}_not_enabled`,
      `MFA ${what === 'enroll' ? 'enroll' : 'verification'} is disabled for ${{ totp: 'TOTP', phone: 'Phone', webauthn: 'WebAuthn' }[kind]}`,
    ),
  factorNameTaken: (name: string) =>
    make(
      422,
      'mfa_factor_name_conflict',
      `A factor with the friendly name ${JSON.stringify(name)} for this user already exists`,
    ),
  factorPhoneTaken: () =>
    make(
      422,
      'mfa_verified_factor_exists',
      'A verified phone factor already exists, unenroll the existing factor to continue',
    ),
  tooManyFactors: () =>
    make(
      422,
      'too_many_enrolled_mfa_factors',
      'Maximum number of verified factors reached, unenroll to continue',
    ),
  insufficientAal: (what: string) => make(403, 'insufficient_aal', `AAL2 ${what}`),
  insufficientAalToUnenroll: () => make(422, 'insufficient_aal', 'AAL2 required to unenroll verified factor'),
  insufficientAalToChange: () =>
    make(
      401,
      'insufficient_aal',
      'AAL2 session is required to update email or password when MFA is enabled.',
    ),
  factorIdInvalid: () => make(404, 'validation_failed', 'factor_id must be an UUID'),
  anonymousMfa: () => make(403, 'no_authorization', 'Anonymous user not allowed to perform these actions'),
  challengeNotFound: () =>
    make(422, 'mfa_factor_not_found', 'MFA factor with the provided challenge ID not found'),
  challengeElsewhere: () =>
    make(422, 'mfa_ip_address_mismatch', 'Challenge and verify IP addresses mismatch.'),
  challengeExpired: (id: string) =>
    make(
      422,
      'mfa_challenge_expired',
      `MFA challenge ${id} has expired, verify against another challenge or create a new challenge.`,
    ),
  factorCodeWrong: (kind: 'TOTP' | 'MFA Phone') =>
    make(422, 'mfa_verification_failed', `Invalid ${kind} code entered`),
  webauthnFailed: (cause: unknown) =>
    make(422, 'mfa_verification_failed', 'WebAuthn verification failed', cause),
  factorRejected: (message: string) => make(403, 'mfa_verification_rejected', message),

  // Hooks.
  hookTimeout: (ms: number, cause?: unknown) =>
    make(
      422,
      'hook_timeout',
      `Failed to reach hook within maximum time of ${(ms / 1000).toFixed(6)} seconds`,
      cause,
    ),
  hookUnreachable: () => make(422, 'hook_timeout_after_retry', 'Failed to reach hook after maximum retries'),
  hookTooLong: (bytes: number) =>
    make(422, 'hook_payload_over_size_limit', `Payload size exceeded size limit of ${bytes} bytes`),
  hookContentType: (message: string) => make(400, 'hook_payload_invalid_content_type', message),
  hookFailed: (message: string, cause?: unknown) => make(500, 'unexpected_failure', message, cause),

  // External providers and identities.
  unsupportedProvider: (why: string) => make(400, 'validation_failed', `Unsupported provider: ${why}`),
  providerDisabled: (issuer: string) =>
    make(400, 'provider_disabled', `Provider (issuer ${JSON.stringify(issuer)}) is not enabled`),
  oidcNotAllowed: (provider: string) =>
    make(400, 'validation_failed', `Custom OIDC provider ${JSON.stringify(provider)} not allowed`),
  oauth: (error: string, description: string, cause?: unknown) =>
    new AuthError(400, 'oauth', description, { cause, oauth: error }),
  badOauthCallback: (why: string) => make(400, 'bad_oauth_callback', why),
  badOauthState: (why: string) => make(400, 'bad_oauth_state', why),
  providerEmailUnverified: (provider: string, sent: boolean) =>
    make(
      422,
      'provider_email_needs_verification',
      `Unverified email with ${provider}.${sent ? ` A confirmation email has been sent to your ${provider} email` : ` Verify the email with ${provider} in order to sign in`}`,
    ),
  providerFailed: (message: string, cause?: unknown) => make(500, 'unexpected_failure', message, cause),
  linkedEmailUnverified: (provider: string) =>
    make(
      422,
      'email_not_confirmed',
      `Unverified email with ${provider}. A confirmation email has been sent to your ${provider} email`,
    ),
  multipleAccounts: () =>
    make(
      500,
      'unexpected_failure',
      'Multiple accounts with the same email address in the same linking domain detected: default',
    ),
  manualLinkingDisabled: () => make(404, 'manual_linking_disabled', 'Manual linking is disabled'),
  identityIdInvalid: () => make(404, 'validation_failed', 'identity_id must be an UUID'),
  identityNotFound: () => make(422, 'identity_not_found', "Identity doesn't exist"),
  lastIdentity: () =>
    make(422, 'single_identity_not_deletable', 'User must have at least 1 identity after unlinking'),
  identityEmailConflict: (cause: unknown) =>
    make(
      422,
      'email_conflict_identity_not_deletable',
      'Unable to unlink identity due to email conflict',
      cause,
    ),
  identityTaken: (byOther: boolean) =>
    make(422, 'identity_already_exists', `Identity is already linked${byOther ? ' to another user' : ''}`),
  unexpectedAudience: () => make(403, 'unexpected_audience', "Token audience doesn't match request audience"),
  inviteNotFound: () => make(404, 'invite_not_found', 'User not found'),
  web3Disabled: (which: string) => make(422, 'web3_provider_disabled', `${which} provider is disabled`),
  web3Chain: () => make(400, 'web3_unsupported_chain', 'Unsupported chain'),

  // This service as an OAuth server.
  oauthServerDisabled: () => make(404, 'feature_disabled', 'OAuth server is disabled'),
  oauthRegistrationDisabled: () =>
    make(403, 'oauth_dynamic_client_registration_disabled', 'Dynamic client registration is not enabled'),
  oauthClientNotFound: () => make(404, 'oauth_client_not_found', 'OAuth client not found'),
  oauthAuthorizationNotFound: () =>
    make(404, 'oauth_authorization_not_found', 'Authorization not found, expired or answered'),
  oauthConsentNotFound: () => make(404, 'oauth_consent_not_found', 'No active grant found for this client'),
  oauthClientActs: (what = 'consent') => make(403, 'not_admin', `Only a user in person may ${what}`),
  oauthClientRefused: () =>
    new AuthError(401, 'oauth', 'client authentication failed', { oauth: 'invalid_client' }),
  badRedirectUri: (uri: string) =>
    make(
      400,
      'validation_failed',
      `redirect_uri ${JSON.stringify(uri.slice(0, 100))} must be https, http on this machine, or an app's own scheme, without a fragment`,
    ),

  // Passkeys and own providers.
  passkeysDisabled: () => make(404, 'passkey_disabled', 'Passkeys are disabled'),
  passkeyNotFound: () => make(404, 'passkey_not_found', 'Passkey not found'),
  passkeyChallengeNotFound: () =>
    make(422, 'webauthn_challenge_not_found', 'Challenge not found, answered or expired'),
  tooManyPasskeys: () => make(422, 'too_many_passkeys', 'Maximum number of passkeys reached'),
  customProvidersDisabled: () => make(404, 'feature_disabled', 'Custom providers are disabled'),
  customProviderNotFound: () => make(404, 'custom_provider_not_found', 'Custom provider not found'),
  conflict: (message: string) => make(409, 'conflict', message),

  // Single sign-on.
  ssoProviderNotFound: (why = 'SSO Identity Provider not found') => make(404, 'sso_provider_not_found', why),
  ssoProviderDisabled: () =>
    make(404, 'sso_provider_disabled', 'SSO Provider assigned for this domain is currently disabled'),
  ssoDomainTaken: (domain: string, id: string) =>
    make(
      400,
      'sso_domain_already_exists',
      `SSO domain '${domain}' already assigned to another provider (${id})`,
    ),
  samlIdpExists: (entityId: string) =>
    make(
      422,
      'saml_idp_already_exists',
      `SAML Identity Provider with this EntityID (${entityId}) already exists`,
    ),
  samlEntityMismatch: (expected: string, got: string) =>
    make(
      400,
      'saml_entity_id_mismatch',
      `SAML Metadata can be updated only if the EntityID matches for the provider; expected '${expected}' but got '${got}'`,
    ),
  samlMetadataFailed: (url: string, why: string, cause?: unknown) =>
    make(400, 'saml_metadata_fetch_failed', `${why} error fetching SAML Metadata from URL '${url}'`, cause),
  samlIdpNotFound: () =>
    make(404, 'saml_idp_not_found', 'A SAML connection has not been established with this Identity Provider'),
  samlRelayStateNotFound: () =>
    make(404, 'saml_relay_state_not_found', 'SAML RelayState does not exist, try logging in again?'),
  samlRelayStateExpired: () =>
    make(422, 'saml_relay_state_expired', 'SAML RelayState has expired. Try logging in again?'),
  samlAssertionInvalid: (cause: unknown) =>
    make(400, 'validation_failed', 'SAML Assertion is not valid', cause),
  samlNoUserId: () =>
    make(
      400,
      'saml_assertion_no_user_id',
      'SAML Assertion did not contain a persistent Subject Identifier attribute or Subject NameID uniquely identifying this user',
    ),
  samlNoEmail: () => make(400, 'saml_assertion_no_email', 'SAML Assertion does not contain an email address'),
  samlDisabled: () => make(404, 'saml_provider_disabled', 'SAML 2.0 is disabled'),

  // Users.
  userExists: () => make(422, 'user_already_exists', 'User already registered'),
  emailExists: () => make(422, 'email_exists', 'A user with this email address has already been registered'),
  phoneExists: (message = 'A user with this phone number has already been registered') =>
    make(422, 'phone_exists', message),
  userNotFound: (message = 'User not found') => make(404, 'user_not_found', message),
  userIdInvalid: () => make(404, 'validation_failed', 'user_id must be an UUID'),
  samePassword: () => make(422, 'same_password', 'New password should be different from the old password.'),
  reauthenticationNeeded: () =>
    make(400, 'reauthentication_needed', 'Password update requires reauthentication'),
  currentPasswordRequired: () =>
    make(400, 'current_password_required', 'Current password required when setting new password.'),
  currentPasswordWrong: () => make(400, 'current_password_invalid', 'Current password is not valid.'),
  reauthenticationInvalid: () => make(422, 'reauthentication_not_valid', 'Nonce has expired or is invalid'),
  appMetadataRefused: () => make(403, 'not_admin', 'Updating app_metadata requires admin privileges'),
  ssoManaged: () =>
    make(422, 'user_sso_managed', 'Updating email, phone, password of a SSO account only possible via SSO'),

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
