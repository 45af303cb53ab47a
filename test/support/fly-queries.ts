/**
 * The GraphQL requests of fly-go and flyctl that Hangar answers, by the function that makes them. What a server may be asked is what
 * stands in them: fields, arguments, names of input types.
 */
export const flyQueries = {
  GetCurrentUser: `query { viewer { ... on User { id email enablePaidHobby } ... on Macaroon { email } } }`,
  GetOrganizations: `query($admin: Boolean!) { organizations(admin: $admin) { nodes { id slug name type paidPlan billable viewerRole internalNumericId } } }`,
  GetOrganizationBySlug: `query($slug: String!) { organization(slug: $slug) { id internalNumericId slug name type billable limitedAccessTokens { nodes { id name expiresAt user { email } } } } }`,
  GetDetailedOrganizationBySlug: `query($slug: String!) { organizationdetails: organization(slug: $slug) { id slug name type viewerRole internalNumericId remoteBuilderImage remoteBuilderApp { name } members { edges { cursor node { id name email } joinedAt role } } } }`,
  getAppsPage: `query($org: ID, $role: String, $after: String) { apps(type: "container", first: 200, after: $after, organizationId: $org, role: $role) { pageInfo { hasNextPage endCursor } nodes { id name deployed hostname platformVersion organization { slug name } currentRelease { createdAt status } status } } }`,
  GetApp: `query ($appName: String!) { app(name: $appName) { id name hostname deployed status version appUrl platformVersion currentRelease { evaluationId status inProgress version } config { definition } organization { id slug paidPlan } services { description protocol internalPort ports { port handlers } } ipAddresses { nodes { id address type createdAt } } imageDetails { registry repository tag digest version } machines{ nodes { id name config state region createdAt app { name } ips { nodes { family kind ip maskSize } } host { id } } } postgresAppRole: role { name } limitedAccessTokens { nodes { id name expiresAt } } } }`,
  GetAppCompact: `query ($appName: String!) { appcompact:app(name: $appName) { id name hostname deployed status appUrl platformVersion organization { id slug paidPlan } postgresAppRole: role { name } } }`,
  GetAppBasic: `query ($appName: String!) { appbasic:app(name: $appName) { id name platformVersion organization { id slug rawSlug paidPlan } } }`,
  CreateApp: `mutation($input: CreateAppInput!) { createApp(input: $input) { app { id name organization { slug } config { definition } regions { name code } } } }`,
  DeleteApp: `mutation($appId: ID!) { deleteApp(appId: $appId) { organization { id } } }`,
  ResolveImageForApp: `query ($appName: String!, $imageRef: String!) { app(name: $appName) { id image(ref: $imageRef) { id digest ref compressedSize: compressedSizeFull } } }`,
  GetLatestImageDetails: `query($image: String!, $flyVersion: String) { latestImageDetails(image: $image, flyVersion: $flyVersion) { registry repository tag version digest } }`,
  GetAppReleasesMachines: `query($appName: String!, $limit: Int!) { app(name: $appName) { releases: releasesUnprocessed(first: $limit) { nodes { id version description reason status imageRef stable user { id email name } createdAt } } } }`,
  GetAppCurrentReleaseMachines: `query ($appName: String!) { app(name: $appName) { currentRelease: currentReleaseUnprocessed { id version description reason status imageRef stable user { id email name } createdAt } } }`,
  PlatformRegions: `query { platform { requestRegion regions { name code latitude longitude gatewayAvailable requiresPaidPlan } } }`,
  PlatformVMSizes: `query { platform { vmSizes { name cpuCores memoryGb memoryMb priceMonth priceSecond } } }`,
  GetNearestRegion: `query { nearestRegion { code name gatewayAvailable deprecated } }`,
  GetIPAddresses: `query ($appName: String!) { app(name: $appName) { ipAddresses { nodes { id address type region createdAt network { name organization { slug } } serviceName } } sharedIpAddress } }`,
  AllocateIPAddress: `mutation($input: AllocateIPAddressInput!) { allocateIpAddress(input: $input) { ipAddress { id address type region createdAt } } }`,
  AllocateSharedIPAddress: `mutation($input: AllocateIPAddressInput!) { allocateIpAddress(input: $input) { app { sharedIpAddress } } }`,
  ReleaseIPAddress: `mutation($input: ReleaseIPAddressInput!) { releaseIpAddress(input: $input) { clientMutationId } }`,
  GetMachine: `query ($machineId: String!) { gqlmachine:machine(machineId: $machineId) { id name app { name organization { id slug } } } }`,
  GetEgressIPAddresses: `query ($appName: String!) { app(name: $appName) { machines { nodes { id egressIpAddresses { nodes { id ip version region } } } } } }`,
  GetAppHostIssues: `query($appName: String!) { apphostissues:app(name: $appName) { hostIssues { nodes { internalId message createdAt updatedAt } } } }`,
  GetAppCertificates: `query($appName: String!) { appcertscompact:app(name: $appName) { certificates { nodes { createdAt hostname clientStatus } } } }`,
  SetSecrets: `mutation($input: SetSecretsInput!) { setSecrets(input: $input) { release { id version reason description user { id email name } evaluationId createdAt } } }`,
  UnsetSecrets: `mutation($input: UnsetSecretsInput!) { unsetSecrets(input: $input) { release { id version reason description user { id email name } evaluationId createdAt } } }`,
  GetAppSecrets: `query ($appName: String!) { app(name: $appName) { secrets { name digest createdAt } } }`,
  GetAppLimitedAccessTokens: `query ($appName: String!) { appLimitedAccessTokens: app(name: $appName) { limitedAccessTokens { nodes { id name token expiresAt revokedAt user { email } } } } }`,
  GetOrgLimitedAccessTokens: `query ($slug: String!) { orgLimitedAccessTokens: organization(slug: $slug) { limitedAccessTokens { nodes { id name expiresAt revokedAt user { email } } } } }`,
  CanPerformBluegreenDeployment: `query ($appName: String!) { canPerformBluegreenDeployment(name: $appName) }`,
  AppNameAvailable: `query($appName: String!) { appNameAvailable(name: $appName) }`,
  GetAppNameFromVolume: `query($id: ID!) { volume: node(id: $id) { ... on Volume { app { name } } } }`,
  GetAppNameStateFromVolume: `query GetAppNameStateFromVolume($id: ID!) { volume: node(id: $id) { ... on Volume { app { name } state } } }`,
  GetSnapshotsFromVolume: `query GetSnapshotsFromVolume($id: ID!) { volume: node(id: $id) { ... on Volume { snapshots { nodes { id size digest createdAt retentionDays } } } } }`,
} as const

/** Those that flyctl makes through genqlient, with its names of operations and fragments. */
export const genqQueries = {
  LatestImage: `query LatestImage ($appName: String!) { app(name: $appName) { currentReleaseUnprocessed { id version imageRef } } }`,
  FlyctlConfigCurrentRelease: `query FlyctlConfigCurrentRelease ($appName: String!) { app(name: $appName) { currentReleaseUnprocessed { configDefinition } } }`,
  CreateRelease: `mutation CreateRelease ($input: CreateReleaseInput!) { createRelease(input: $input) { release { id version } } }`,
  UpdateRelease: `mutation UpdateRelease ($input: UpdateReleaseInput!) { updateRelease(input: $input) { release { id } } }`,
  CreateBuild: `mutation CreateBuild ($input: CreateBuildInput!) { createBuild(input: $input) { id status } }`,
  FinishBuild: `mutation FinishBuild ($input: FinishBuildInput!) { finishBuild(input: $input) { id status wallclockTimeMs } }`,
  GetOrganization: `query GetOrganization ($slug: String!) { organization(slug: $slug) { ... OrganizationData } } fragment OrganizationData on Organization { id slug rawSlug paidPlan addOnSsoLink provisionsBetaExtensions }`,
  GetApp: `query GetApp ($name: String!) { app(name: $name) { ... AppData } } fragment AppData on App { id name deployed platformVersion organization { ... OrganizationData } } fragment OrganizationData on Organization { id slug rawSlug paidPlan addOnSsoLink provisionsBetaExtensions }`,
  GetAppsByRole: `query GetAppsByRole ($role: String!, $organizationId: ID!) { apps(role: $role, organizationId: $organizationId) { nodes { ... AppData } } } fragment AppData on App { id name deployed platformVersion organization { id slug rawSlug paidPlan } }`,
  ListAddOns: `query ListAddOns ($addOnType: AddOnType) { addOns(type: $addOnType) { nodes { id name addOnPlan { displayName } privateIp primaryRegion readRegions options metadata organization { id slug } } } }`,
  GetAppWithAddons: `query GetAppWithAddons ($name: String!, $addOnType: AddOnType!) { app(name: $name) { id name addOns(type: $addOnType) { nodes { id name primaryRegion status errorMessage } } } }`,
  GetNearestRegion: `query GetNearestRegion { nearestRegion { code name gatewayAvailable } }`,
  // Not built: what is answered must say so.
  CreateLimitedAccessToken: `mutation CreateLimitedAccessToken ($name: String!, $organizationId: ID!, $profile: String!, $profileParams: JSON, $expiry: String!) { createLimitedAccessToken(input: {name:$name,organizationId:$organizationId,profile:$profile,profileParams:$profileParams,expiry:$expiry}) { limitedAccessToken { tokenHeader } } }`,
  GetAddOnProvider: `query GetAddOnProvider ($name: String!) { addOnProvider(name: $name) { id name displayName } }`,
} as const

/** What is refused, each with a part of what it says to do instead. */
export const notBuiltQueries = [
  [
    'mutation($input: AddWireGuardPeerInput!) { addWireGuardPeer(input: $input) { peerip endpointip pubkey } }',
    'fly machine exec',
  ],
  [
    'query($slug: String!) { organization(slug: $slug) { wireGuardPeers { nodes { id name pubkey region peerip } } } }',
    'no WireGuard network',
  ],
  [
    'mutation($input: IssueCertificateInput!) { issueCertificate(input: $input) { certificate, key } }',
    'fly machine exec',
  ],
  [
    'mutation($input: ValidateWireGuardPeersInput!) { validateWireGuardPeers(input: $input) { invalidPeerIps } }',
    'no WireGuard network',
  ],
  [
    'mutation CreateAddOn($input: CreateAddOnInput!) { createAddOn(input: $input) { addOn { name } } }',
    'Extensions',
  ],
  ['query GetAddOn($name: String) { addOn(name: $name) { id } }', 'Extensions'],
  [
    'mutation($appId: ID!, $hostname: String!) { addCertificate(appId: $appId, hostname: $hostname) { certificate { id } } }',
    '<app>.localhost',
  ],
  [
    'mutation($input: DeleteLimitedAccessTokenInput!) { deleteLimitedAccessToken(input: $input) { token } }',
    'hangar fly env',
  ],
  [
    'mutation($input: EnsureMachineRemoteBuilderInput!) { ensureMachineRemoteBuilder(input: $input) { machine { id } } }',
    'fly deploy --image',
  ],
  [
    'mutation($input: AttachPostgresClusterInput!) { attachPostgresCluster(input: $input) { connectionString } }',
    'hangar silo connect',
  ],
  [
    'mutation($input: AllocateEgressIPAddressInput!) { allocateEgressIpAddress(input: $input) { v4, v6 } }',
    'address of this computer',
  ],
  ['mutation ($input: MoveAppInput!) { moveApp(input: $input) { app { id } } }', 'personal'],
  [
    'mutation($input: CreateOrganizationInput!) { createOrganization(input: $input) { organization { id } } }',
    'personal',
  ],
  ['mutation { createDoctorUrl { putUrl } }', 'docs/reference/flyctl.md'],
] as const
