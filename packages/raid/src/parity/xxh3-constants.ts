/** The constants of XXH3 as its specification gives them (Yann Collet, xxHash fast digest algorithm, doc version 0.2). */
export const prime32x1 = 0x9e3779b1n;
const prime32x2 = 0x85ebca77n;
const prime32x3 = 0xc2b2ae3dn;
export const prime64x1 = 0x9e3779b185ebca87n;
const prime64x2 = 0xc2b2ae3d27d4eb4fn;
const prime64x3 = 0x165667b19e3779f9n;
const prime64x4 = 0x85ebca77c2b2ae63n;
const prime64x5 = 0x27d4eb2f165667c5n;
export const avalanchePrime = 0x165667919e3779f9n;

export const initialAccumulators = [
  prime32x3,
  prime64x1,
  prime64x2,
  prime64x3,
  prime64x4,
  prime32x2,
  prime64x5,
  prime32x1,
] as const;

export const stripeBytes = 64;
/** Stripes between two scrambles: each starts 8 bytes further in the secret. */
export const stripesPerRound = 16;
export const roundBytes = stripeBytes * stripesPerRound;
export const scrambleSecretAt = 128;
export const lastStripeSecretAt = 121;
export const mergeSecretAt = 11;

/** The default secret of XXH3, 192 bytes. */
export const secret = Uint8Array.from(
  (
    'b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221' +
    'b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8' +
    'a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb' +
    '170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e'
  ).match(/../g) ?? [],
  (pair) => Number.parseInt(pair, 16),
);
