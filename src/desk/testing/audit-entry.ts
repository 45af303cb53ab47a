/** What is told of a call that went well. */
export const auditEntry = (call: string) => ({
  call,
  caller: 'a',
  role: 'devops',
  via: 'rest',
  operation: 'silo.stop',
  silo_id: 's',
  input: '{}',
  outcome: 'ok' as const,
  code: null,
  duration_ms: 1.5,
})
