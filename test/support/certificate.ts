import { generate } from 'selfsigned';

/** A certificate that signs itself, and its key, as PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Made anew for each test, for 127.0.0.1 and localhost unless it is for another name. */
export async function aCertificate(name = 'localhost'): Promise<Certificate> {
  const loopback = [
    { type: 2, value: 'localhost' },
    { type: 7, ip: '127.0.0.1' },
  ] as const;
  const altNames = name === 'localhost' ? [...loopback] : [{ type: 2, value: name } as const];
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
    extensions: [{ name: 'subjectAltName', altNames }],
  });
  return { cert, key };
}
