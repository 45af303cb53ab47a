import { createHash, timingSafeEqual } from 'node:crypto'

/**
 * Tells whether an Authorization header carries one of these tokens: `Bearer <token>` or `FlyV1 <token>`; of a list of tokens
 * any one will do, as Fly's clients send them. Compares in constant time.
 */
export function createTokenCheck(tokens: readonly string[]): (authorization: string | undefined) => boolean {
  const allowed = tokens.map(digest)
  return (authorization = '') => {
    const [scheme = '', ...rest] = authorization.split(' ')
    if (!/^(bearer|flyv1)$/i.test(scheme)) return false
    return rest
      .join(' ')
      .split(',')
      .map(token => digest(token.trim().replace(/^FlyV1 /i, '')))
      .some(given => allowed.some(known => timingSafeEqual(known, given)))
  }
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
