import type { IncomingMessage } from 'node:http'
import type { Caller } from './caller.ts'

/** With what the faces on TCP ask who calls. */
export interface Authenticator {
  /**
   * The caller whom the request's credentials prove; `via` is the face that asks. Throws HangarError: 401 for missing, unknown, expired or revoked
   * credentials (one message for all of them), never for what the caller may do with them.
   * It answers without waiting when the token was verified before; whether its agent may still call is looked up every time.
   */
  authenticate(request: IncomingMessage, via: 'rest' | 'mcp'): Caller | Promise<Caller>
  /** Value of `WWW-Authenticate` in answers with 401. `origin` is the face's own, e.g. `http://127.0.0.1:20007`. */
  challenge(origin: string): string
}
