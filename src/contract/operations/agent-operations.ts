import * as z from 'zod'
import { agentRoles } from '../roles.ts'
import { siloId } from './inputs.ts'
import { operation, operatorOnly } from './operation.ts'

/** Names of agents: as they appear in lists, logs and audit rows. */
export const agentNameSchema = z
  .string()
  .min(1)
  .max(60)
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/,
    'must be letters, digits, dots, hyphens or underscores, beginning and ending with a letter or digit',
  )

const agentInput = z.strictObject({
  agent: z.string().min(1).max(80).describe('Name or id of the agent'),
})

const silosInput = z
  .array(siloId)
  .min(1, 'name at least one silo (--silo), or "*" for all')
  .max(100)
  .describe('Silos that it holds (ids or aliases); ["*"]: all, also those to come')

/** An Ed25519 public key as a JWK; more is checked where it is used. */
const publicKeySchema = z.record(z.string().max(40), z.unknown())

export const agentSchema = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(agentRoles),
  /** Canonical ids, or `*` alone. */
  silos: z.array(z.string()),
  /** How it proves who it is. */
  proofs: z.array(z.enum(['key', 'secret', 'static token'])),
  created_at: z.string(),
  revoked_at: z.string().nullable(),
})

/** Registering, listing and revoking agents, and their tokens. */
export const agentOperations = {
  agentRegister: operation({
    name: 'agent.register',
    summary: 'Register an agent: its public key, role and silos',
    method: 'POST',
    path: '/v1/agents',
    input: z.strictObject({
      name: agentNameSchema,
      role: z.enum(agentRoles),
      silos: silosInput,
      public_key: publicKeySchema.optional(),
      /** A client secret, for clients that cannot sign; shown this once. */
      with_secret: z.boolean().optional(),
    }),
    output: agentSchema.extend({
      /** The authorization server that this client belongs to. */
      issuer: z.string().nullable(),
      mcp: z.string().nullable(),
      client_secret: z.string().nullable(),
    }),
    changes: true,
    ...operatorOnly,
    command: 'agent register',
  }),
  agentList: operation({
    name: 'agent.list',
    summary: 'List agents, their roles and silos',
    method: 'GET',
    path: '/v1/agents',
    input: z.strictObject({}),
    output: z.array(agentSchema),
    changes: false,
    ...operatorOnly,
    command: 'agent list',
  }),
  agentRevoke: operation({
    name: 'agent.revoke',
    summary: 'Revoke an agent; every token and key of it is refused at once',
    method: 'DELETE',
    path: '/v1/agents/:agent',
    input: agentInput,
    output: agentSchema,
    changes: true,
    ...operatorOnly,
    command: 'agent revoke',
  }),
  agentToken: operation({
    name: 'agent.token',
    summary: 'Make a static bearer token for an agent whose client can do no better',
    method: 'POST',
    path: '/v1/agents/:agent/tokens',
    input: agentInput.extend({
      /** Days until it runs out; 0: when it is revoked. Default: 30. */
      days: z.number().min(0).max(3650).optional(),
    }),
    output: z.object({ token: z.string(), token_id: z.string(), expires_at: z.string().nullable() }),
    changes: true,
    ...operatorOnly,
    command: 'agent token',
  }),
  agentAdmit: operation({
    name: 'agent.admit',
    summary: 'Make an admission token: who holds it may register clients of that role by itself',
    method: 'POST',
    path: '/v1/admissions',
    input: z.strictObject({
      role: z.enum(agentRoles),
      silos: silosInput,
      /** How many clients it may register. Default: 1. */
      uses: z.number().int().min(1).max(1000).optional(),
      /** Default: 60. */
      minutes: z
        .number()
        .min(1)
        .max(60 * 24 * 30)
        .optional(),
    }),
    output: z.object({
      admission_token: z.string(),
      registration_endpoint: z.string().nullable(),
      expires_at: z.string(),
    }),
    changes: true,
    ...operatorOnly,
    command: 'agent admit',
  }),
} as const

export type Agent = z.infer<typeof agentSchema>
