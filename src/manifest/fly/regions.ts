// The same as the contract's list (a test holds them together), which would bring every schema of the API into each start of lint.

/** Where Fly runs machines (2026). */
export const flyRegions: ReadonlySet<string> = new Set(
  'ams arn bom cdg dfw ewr fra gru iad jnb lax lhr nrt ord sin sjc syd yyz'.split(' '),
)

/** Codes that Fly no longer has, and the region nearest to each. `sfo` never was one; guides name it. */
export const goneRegions: ReadonlyMap<string, string> = new Map(
  Object.entries({
    yul: 'yyz',
    sea: 'sjc',
    sfo: 'sjc',
    atl: 'iad',
    bog: 'gru',
    bos: 'ewr',
    den: 'dfw',
    eze: 'gru',
    gdl: 'dfw',
    gig: 'gru',
    hkg: 'sin',
    mad: 'cdg',
    mia: 'iad',
    otp: 'fra',
    phx: 'lax',
    qro: 'dfw',
    scl: 'gru',
    waw: 'fra',
  }),
)
