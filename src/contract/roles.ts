/** Roles of agents, as the silo guide names them. Two of an origin's containers share `dev-worker`. */
export const agentRoles = [
  'dev-worker',
  'dev-orchestrator',
  'devops',
  'security-auditor',
  'security-validator',
  'clientele',
] as const
export type AgentRole = (typeof agentRoles)[number]

/** `operator` is the user who runs the daemon, known by the Unix socket; no token ever carries it. */
export const roles = [...agentRoles, 'operator'] as const
export type Role = (typeof roles)[number]

export function isAgentRole(value: unknown): value is AgentRole {
  return agentRoles.includes(value as AgentRole)
}
