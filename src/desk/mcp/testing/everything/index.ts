export { createEverythingServer } from './server.ts'
