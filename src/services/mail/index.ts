// The inbox of a silo: SMTP in, a page and JSON out. Nothing that is sent here leaves the machine.
export { mailService } from './service.ts'
