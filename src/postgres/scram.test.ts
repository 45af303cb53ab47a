import { describe, expect, it } from 'vitest'
import { scramVerifier, serviceVerifier } from './scram.ts'

const generated = 'pV3yQ0aZ-kT7xWm2uBcR_9dLhJ4sNf'.padEnd(32, 'e5')
const iterationsOf = (verifier: string) => Number(/^SCRAM-SHA-256\$(\d+):/.exec(verifier)?.[1])

describe('the verifier of a password', () => {
  it('is stretched as every client expects where people log in: Java refuses less than 4096 rounds', async () => {
    expect(iterationsOf(await scramVerifier(generated))).toBe(4096)
  })

  it('of a service is stretched where there is something to guess', async () => {
    expect(iterationsOf(await serviceVerifier('correct horse battery staple'))).toBe(4096)
    expect(iterationsOf(await serviceVerifier(generated))).toBe(1)
  })
})
