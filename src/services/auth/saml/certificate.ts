import { createPrivateKey, createPublicKey, sign } from 'node:crypto'

/** A certificate (RFC 5280, version 1) that only carries the public RSA key to identity providers, who look at nothing else; PEM. */
export function selfSigned(privateKeyPem: string): string {
  const key = createPrivateKey(privateKeyPem)
  const publicKey = createPublicKey(privateKeyPem).export({ type: 'spki', format: 'der' })
  // sha256WithRSAEncryption, 1.2.840.113549.1.1.11, with no parameters.
  const algorithm = sequence(Buffer.from('06092a864886f70d01010b0500', 'hex'))
  // One attribute: common name, 2.5.4.3.
  const commonName = sequence(
    Buffer.from('0603550403', 'hex'),
    der(0x0c, Buffer.from('SAML 2.0 Certificate')),
  )
  const name = sequence(der(0x31, commonName))
  const validity = sequence(utcTime('200101000000Z'), utcTime('491231235959Z'))
  const serial = der(0x02, Buffer.from([1]))
  const content = sequence(serial, algorithm, name, validity, name, publicKey)
  const signature = der(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', content, key)]))
  const text = sequence(content, algorithm, signature).toString('base64')
  return `-----BEGIN CERTIFICATE-----\n${text.match(/.{1,64}/g)?.join('\n')}\n-----END CERTIFICATE-----\n`
}

function utcTime(text: string): Buffer {
  return der(0x17, Buffer.from(text))
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts))
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content
  if (length < 128) return Buffer.concat([Buffer.from([tag, length]), content])
  if (length < 256) return Buffer.concat([Buffer.from([tag, 0x81, length]), content])
  return Buffer.concat([Buffer.from([tag, 0x82, length >> 8, length & 255]), content])
}
