import { createHmac } from 'node:crypto'
import { bearer, type Case, secret } from '../support.ts'

const token = (name: string, authorization: string, message: string): Case => ({
  name,
  path: '/lines?n=eq.1',
  headers: { authorization },
  status: 401,
  gives: { code: 'PGRST301', message, details: null, hint: null },
  answers: {
    'www-authenticate': `Bearer error="invalid_token", error_description=${JSON.stringify(message)}`,
  },
})

/** A token for which the library of the suite has no words. */
function signed(header: object, payload: string): string {
  const text = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`
  return `Bearer ${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

const undecoded = (where: string) => `JWTClaimsSetDecodeError "Error in ${where}"`

export const tokens: readonly Case[] = [
  token(
    'a token with a space in it',
    'Bearer a b',
    'JWSError (CompactDecodeError Invalid number of parts: Expected 3 parts; got 1)',
  ),
  token(
    'a token without a signature',
    `Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`,
    'JWSError JWSNoSignatures',
  ),
  token('a token of another kind of key', signed({ alg: 'RS256' }, '{}'), 'JWSError JWSInvalidSignature'),
  token(
    'a time that is no number',
    signed({ alg: 'HS256' }, '{"exp":"soon"}'),
    undecoded('$.exp: parsing NumericDate failed, expected Number, but encountered String'),
  ),
  token(
    'claims that are a list',
    signed({ alg: 'HS256' }, '[]'),
    undecoded('$: parsing JWT Claims Set failed, expected Object, but encountered Array'),
  ),
  ...(
    [
      ['an issuer that is no text', '{"iss":5}', '$.iss', 'parsing StringOrURI', 'String', 'Number'],
      ['audiences that are no texts', '{"aud":["a",5]}', '$.aud', 'parsing StringOrURI', 'String', 'Array'],
      ['a name of the token that is none', '{"jti":true}', '$.jti', 'parsing Text', 'String', 'Boolean'],
    ] as const
  ).map(([name, claims, where, what, wanted, found]) =>
    token(
      name,
      signed({ alg: 'HS256' }, claims),
      undecoded(`${where}: ${what} failed, expected ${wanted}, but encountered ${found}`),
    ),
  ),
  token(
    'a subject with a colon that is no URI',
    signed({ alg: 'HS256' }, '{"sub":"one two: three"}'),
    undecoded('$.sub: failed to parse StringOrURI'),
  ),
  token(
    'claims that are none are told of before a signature that is wrong',
    `${signed({ alg: 'HS256' }, '[]')}x`,
    undecoded('$: parsing JWT Claims Set failed, expected Object, but encountered Array'),
  ),
  {
    name: 'a list of one audience is that audience, and null is nothing',
    path: '/rpc/claims',
    headers: {
      authorization: bearer({
        role: 'authenticated',
        aud: ['one'],
        exp: null,
        iss: 'https://[::1]:9/a?b=%20#c',
        sub: 'a|b',
        own: null,
      }),
    },
    gives: {
      aud: 'one',
      iss: 'https://[::1]:9/a?b=%20#c',
      own: null,
      role: 'authenticated',
      sub: 'a|b',
    },
  },
  {
    name: 'claims in the order of their names',
    path: '/rpc/claims',
    headers: { authorization: bearer({ role: 'authenticated', b: { d: 1, c: 2 }, a: 1 }) },
    gives: /^\{"a": ?1, ?"b": ?\{"c": ?2, ?"d": ?1\}, ?"role": ?"authenticated"\}$/,
  },
  token(
    'a token of one part',
    'Bearer abc',
    'JWSError (CompactDecodeError Invalid number of parts: Expected 3 parts; got 1)',
  ),
  token(
    'a token of two parts',
    'Bearer abc.def',
    'JWSError (CompactDecodeError Invalid number of parts: Expected 3 parts; got 2)',
  ),
  token(
    'a signature that is wrong',
    `${bearer({ role: 'authenticated' }).slice(0, -4)}AAAA`,
    'JWSError JWSInvalidSignature',
  ),
  token('a token that has expired', bearer({ role: 'authenticated', exp: 1 }), 'JWT expired'),
  token('a token that is not valid yet', bearer({ role: 'authenticated', nbf: 9e9 }), 'JWTNotYetValid'),
  token('a token of the future', bearer({ role: 'authenticated', iat: 9e9 }), 'JWTIssuedAtFuture'),
]
