import { createPrivateKey, createPublicKey, webcrypto } from 'node:crypto'

/** A certificate that only carries the public key to identity providers; PEM. The same key gives the same certificate but for its signature. */
export async function selfSigned(privateKeyPem: string): Promise<string> {
  // Loaded with the first use: most services have no single sign-on.
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const { subtle } = webcrypto
  const privateDer = createPrivateKey(privateKeyPem).export({ type: 'pkcs8', format: 'der' })
  const publicDer = createPublicKey(privateKeyPem).export({ type: 'spki', format: 'der' })
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: '01',
      name: 'CN=SAML 2.0 Certificate',
      notBefore: new Date('2020-01-01T00:00:00Z'),
      notAfter: new Date('2120-01-01T00:00:00Z'),
      signingAlgorithm: algorithm,
      keys: {
        privateKey: await subtle.importKey('pkcs8', privateDer, algorithm, false, ['sign']),
        publicKey: await subtle.importKey('spki', publicDer, algorithm, true, ['verify']),
      },
    },
    webcrypto as never,
  )
  return certificate.toString('pem')
}
