import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createSecureContext, type SecureContext } from 'node:tls'
import * as x509 from '@peculiar/x509'
import { type Clock, SingleFlight, writeFileAtomic } from '#kernel'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const dayMs = 24 * 3600 * 1000
const authorityDays = 3650
/** Browsers refuse certificates of more than 398 days. */
const certificateDays = 390

export interface AuthorityOptions {
  /** Folder of the authority's certificate and key; private to the user. */
  readonly directory: string
  readonly clock: Clock
}

/** A certificate authority of this machine alone. Whoever wants browsers to trust it installs `certificatePath` once. */
export class LocalAuthority {
  readonly certificatePath: string
  readonly #options: AuthorityOptions
  readonly #contexts = new Map<string, { context: SecureContext; until: number }>()
  readonly #making = new SingleFlight<string, SecureContext>()
  #authority: { certificate: x509.X509Certificate; key: webcrypto.CryptoKey } | undefined

  constructor(options: AuthorityOptions) {
    this.#options = options
    this.certificatePath = join(options.directory, 'authority.crt')
    x509.cryptoProvider.set(webcrypto as never)
  }

  /** Certificate and key for that name, made at its first use. */
  async contextFor(name: string): Promise<SecureContext> {
    const known = this.#contexts.get(name)
    if (known && known.until > this.#options.clock.now()) return known.context
    return this.#making.run(name, () => this.#make(name))
  }

  async #make(name: string): Promise<SecureContext> {
    const { certificate: issuer, key: signingKey } = await this.#load()
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
    const now = this.#options.clock.now()
    const notAfter = now + certificateDays * dayMs
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serial(),
      subject: `CN=${name}`,
      issuer: issuer.subject,
      notBefore: new Date(now - dayMs),
      notAfter: new Date(notAfter),
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(false),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension([
          /^[\d.]+$/.test(name) ? { type: 'ip', value: name } : { type: 'dns', value: name },
        ]),
      ],
    })
    const context = createSecureContext({
      cert: `${certificate.toString('pem')}\n${issuer.toString('pem')}\n`,
      key: await privatePem(keys.privateKey),
      minVersion: 'TLSv1.2',
    })
    this.#contexts.set(name, { context, until: notAfter - 7 * dayMs })
    return context
  }

  async #load() {
    if (this.#authority) return this.#authority
    const { directory } = this.#options
    const keyPath = join(directory, 'authority.key')
    if (existsSync(this.certificatePath) && existsSync(keyPath)) {
      const certificate = new x509.X509Certificate(readFileSync(this.certificatePath, 'utf8'))
      const der = x509.PemConverter.decodeFirst(readFileSync(keyPath, 'utf8'))
      const key = await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign'])
      this.#authority = { certificate, key }
      return this.#authority
    }
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
    const now = this.#options.clock.now()
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: serial(),
      name: 'CN=Hangar local authority',
      notBefore: new Date(now - dayMs),
      notAfter: new Date(now + authorityDays * dayMs),
      keys,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      ],
    })
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await writeFileAtomic(keyPath, await privatePem(keys.privateKey), { mode: 0o600 })
    await writeFileAtomic(this.certificatePath, certificate.toString('pem'))
    this.#authority = { certificate, key: keys.privateKey }
    return this.#authority
  }
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')
}

function serial(): string {
  return Buffer.from(webcrypto.getRandomValues(new Uint8Array(15)))
    .toString('hex')
    .replace(/^[89a-f]/, '7')
}
