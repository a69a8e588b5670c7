import {X509Certificate} from 'node:crypto';
import {pemBlocks} from './pem.ts';

/** Longer chains are nobody's. */
const longest = 8;

/**
 * From a certificate up to the authority that vouches for it, both included. The certificate's file may hold the
 * authorities between the two, as a company's own CA gives them; the authority's file may hold several, as it does while
 * one takes over from another. Undefined: none of these authorities has issued it.
 */
export const certificateChain = (certificatePem: Buffer, caPem: Buffer): readonly X509Certificate[] | undefined => {
  const [leaf, ...between] = certificatesOf(certificatePem);
  const authorities = certificatesOf(caPem);
  if (leaf === undefined) return undefined;
  const chain = [leaf];
  for (let top = leaf; chain.length <= longest; ) {
    const authority = authorities.find(one => isIssuedBy(top, one));
    if (authority !== undefined) return [...chain, authority];
    const issuer = between.find(one => !chain.includes(one) && isIssuedBy(top, one));
    if (issuer === undefined) return undefined;
    chain.push(issuer);
    top = issuer;
  }
  return undefined;
};

const certificatesOf = (pem: Buffer): readonly X509Certificate[] =>
  pemBlocks(pem, 'CERTIFICATE').map(block => new X509Certificate(block));

const isIssuedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean =>
  certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
