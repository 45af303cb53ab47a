/** An answer in the form of RFC 6749, 5.2, and RFC 7591, 3.2.2. Descriptions never repeat what was sent. */
export class OAuthError extends Error {
  readonly code: OAuthErrorCode
  readonly status: number
  /** Seconds until it makes sense to try again. */
  readonly retryAfter: number | undefined

  constructor(code: OAuthErrorCode, description: string, status = 400, retryAfter?: number) {
    super(description)
    this.code = code
    this.status = status
    this.retryAfter = retryAfter
  }
}

export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_scope'
  | 'invalid_target'
  | 'invalid_token'
  | 'invalid_client_metadata'
  | 'unsupported_grant_type'
  | 'unsupported_response_type'
  | 'slow_down'
