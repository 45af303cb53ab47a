import { HangarError } from '#kernel'

export const identityErrors = {
  noAgent: (name: string) =>
    new HangarError(`There is no agent ${name}`, {
      code: 'HGR_DESK_AGENT',
      status: 404,
      hint: '"hangar agent list" shows them.',
    }),
  nameTaken: (name: string) =>
    new HangarError(`There is an agent ${name} already`, {
      code: 'HGR_DESK_AGENT_NAME',
      status: 409,
      hint: `Revoke it first ("hangar agent revoke ${name}"), or choose another name.`,
    }),
  tooMany: (limit: number) =>
    new HangarError(`There are ${limit} agents already, and no more are kept`, {
      code: 'HGR_DESK_AGENT_LIMIT',
      status: 409,
      hint: 'Revoke agents that are not used any more.',
    }),
  tooManyTokens: (limit: number) =>
    new HangarError(`This agent has ${limit} static tokens already`, {
      code: 'HGR_DESK_AGENT_TOKENS',
      status: 409,
      hint: 'Revoke the agent and register it again.',
    }),
  keyInvalid: (why: string) =>
    new HangarError(`The public key cannot be used: ${why}`, {
      code: 'HGR_DESK_AGENT_KEY',
      status: 422,
      hint: 'It must be an Ed25519 public key as a JWK: {"kty":"OKP","crv":"Ed25519","x":"…"}.',
    }),
  privateKeySent: () =>
    new HangarError('A private key was sent where a public key belongs; it was not kept', {
      code: 'HGR_DESK_AGENT_PRIVATE_KEY',
      status: 422,
      hint: 'Treat that key as leaked: make a new pair and send the public half only.',
    }),
  admissionInvalid: () =>
    new HangarError('This admission token is unknown, used up or out of date', {
      code: 'HGR_DESK_ADMISSION',
      status: 401,
      hint: '"hangar agent admit" makes one.',
    }),
}
