// Fly's wire API over HTTP: routes, the forms that its clients send, errors, tokens, rate limits.
// Translates and nothing else: it is handed a MachinesApi and knows no engine.
export { createMachinesApiServer, type MachinesApiOptions, type MachinesApiServer } from './server.ts'
