/**
 * What the queries of flyctl and fly-go touch of Fly's GraphQL schema, under Fly's names. Where their clients write an empty string
 * for an enumeration, the input is a plain string here. A field that is not in it is refused with a sentence that says so.
 */
export const schemaText = /* GraphQL */ `
scalar ISO8601DateTime
scalar JSON
scalar BigInt
scalar AddOnType

interface Node { id: ID! }
interface Principal { email: String }
type User implements Node & Principal { id: ID! email: String name: String enablePaidHobby: Boolean! personalOrganization: Organization! organizations: OrganizationConnection! }
type Macaroon implements Principal { email: String }
type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }

enum OrganizationType { PERSONAL SHARED }
type Organization implements Node {
  id: ID!
  internalNumericId: BigInt!
  slug: String!
  rawSlug: String!
  name: String!
  type: OrganizationType!
  paidPlan: Boolean!
  billable: Boolean!
  billingStatus: String!
  viewerRole: String!
  provisionsBetaExtensions: Boolean!
  addOnSsoLink: String
  remoteBuilderImage: String!
  remoteBuilderApp: App
  settings: JSON
  limitedAccessTokens: LimitedAccessTokenConnection!
  members: OrganizationMembershipsConnection!
}
type OrganizationConnection { nodes: [Organization!] totalCount: Int! pageInfo: PageInfo! }
type OrganizationMembershipEdge { cursor: String! node: User role: String! joinedAt: ISO8601DateTime! }
type OrganizationMembershipsConnection { edges: [OrganizationMembershipEdge!] nodes: [User!] totalCount: Int! }
type LimitedAccessToken implements Node { id: ID! name: String! token: String! expiresAt: ISO8601DateTime! revokedAt: ISO8601DateTime user: User }
type LimitedAccessTokenConnection { nodes: [LimitedAccessToken!] }

type App implements Node {
  id: ID!
  internalNumericId: Int!
  name: String!
  hostname: String
  deployed: Boolean!
  status: String!
  state: String!
  version: Int!
  appUrl: String
  platformVersion: String
  network: String
  networkId: Int
  createdAt: ISO8601DateTime!
  organization: Organization!
  role: AppRole
  config: AppConfig!
  services: [Service!]!
  regions: [Region!]
  secrets: [Secret!]!
  image(ref: String!): Image
  imageDetails: ImageVersion
  latestImageDetails: ImageVersion
  imageUpgradeAvailable: Boolean
  imageVersionTrackingEnabled: Boolean!
  currentRelease: Release
  currentReleaseUnprocessed: Release
  releases(first: Int, after: String): ReleaseConnection!
  releasesUnprocessed(first: Int, after: String): ReleaseConnection!
  ipAddresses(first: Int): IPAddressConnection!
  sharedIpAddress: String
  machines(first: Int, state: String, active: Boolean): MachineConnection!
  volumes(first: Int): VolumeConnection!
  certificates(first: Int, filter: String): AppCertificateConnection!
  limitedAccessTokens: LimitedAccessTokenConnection!
  hostIssues: HostIssueConnection!
  addOns(type: AddOnType, first: Int): AddOnConnection!
}
type AppConnection { nodes: [App!] totalCount: Int! pageInfo: PageInfo! }
type AppRole { name: String! }
type AppConfig { definition: JSON! }
type Service { description: String! protocol: String! internalPort: Int! ports: [ServicePort!]! }
type ServicePort { port: Int! handlers: [String!]! }
type Secret { id: ID! name: String! digest: String! createdAt: ISO8601DateTime! }
type Image { id: ID! digest: String! ref: String! compressedSize: Int! compressedSizeFull: BigInt! }
type ImageVersion { registry: String! repository: String! tag: String! version: String digest: String! }
type Release implements Node {
  id: ID!
  version: Int!
  description: String!
  reason: String!
  status: String!
  stable: Boolean!
  inProgress: Boolean!
  deploymentStrategy: String!
  evaluationId: String
  imageRef: String
  configDefinition: JSON
  metadata: JSON
  user: User
  createdAt: ISO8601DateTime!
}
type ReleaseConnection { nodes: [Release!] totalCount: Int! pageInfo: PageInfo! }
type IPAddressNetwork { name: String! organization: Organization }
type IPAddress implements Node { id: ID! address: String! type: String! region: String serviceName: String network: IPAddressNetwork createdAt: ISO8601DateTime! }
type IPAddressConnection { nodes: [IPAddress!] }
type Machine implements Node {
  id: ID!
  name: String!
  state: String!
  region: String!
  config: JSON!
  instanceId: String!
  createdAt: ISO8601DateTime!
  updatedAt: ISO8601DateTime!
  app: App
  ips: MachineIPConnection!
  host: Host
  egressIpAddresses: EgressIPAddressConnection!
  events: MachineEventConnection!
}
type MachineConnection { nodes: [Machine!] totalCount: Int! }
type MachineIP implements Node { id: ID! family: String! kind: String! ip: String! maskSize: Int! }
type MachineIPConnection { nodes: [MachineIP!] }
type EgressIPAddress implements Node { id: ID! ip: String! version: Int! region: String! }
type EgressIPAddressConnection { nodes: [EgressIPAddress!] }
type Host implements Node { id: ID! }
type MachineVersion { id: ID! }
type MachineEvent { kind: String! source: String! status: String! body: JSON! timestamp: ISO8601DateTime! machineVersion: MachineVersion }
type MachineEventConnection { nodes: [MachineEvent!] }
type Volume implements Node { id: ID! name: String! state: String! region: String! sizeGb: Int! encrypted: Boolean! createdAt: ISO8601DateTime! app: App! snapshots: VolumeSnapshotConnection! }
type VolumeConnection { nodes: [Volume!] }
type VolumeSnapshot implements Node { id: ID! size: BigInt! digest: String! status: String createdAt: ISO8601DateTime! retentionDays: Int }
type VolumeSnapshotConnection { nodes: [VolumeSnapshot!] }
type AppCertificate implements Node { id: ID! hostname: String! clientStatus: String! createdAt: ISO8601DateTime }
type AppCertificateConnection { nodes: [AppCertificate!] }
type HostIssue { internalId: String! message: String createdAt: ISO8601DateTime! updatedAt: ISO8601DateTime! }
type HostIssueConnection { nodes: [HostIssue!] }
type AddOnPlan implements Node { id: ID! name: String displayName: String description: String }
type AddOn implements Node {
  id: ID!
  name: String
  status: String
  errorMessage: String
  publicUrl: String
  privateIp: String
  password: String
  ssoLink: String
  primaryRegion: String
  readRegions: [String!]
  options: JSON
  metadata: JSON
  environment: JSON
  organization: Organization!
  app: App
  apps: AppConnection
  addOnPlan: AddOnPlan
  addOnPlanName: String
}
type AddOnConnection { nodes: [AddOn!] totalCount: Int! }

type Region { code: String! name: String! latitude: Float longitude: Float gatewayAvailable: Boolean! requiresPaidPlan: Boolean! deprecated: Boolean! }
type VMSize { name: String! cpuCores: Float! cpuClass: String! memoryGb: Float! memoryMb: Int! priceMonth: Float! priceSecond: Float! }
type PlatformInformation { requestRegion: String regions: [Region!]! vmSizes: [VMSize!]! }

type Query {
  viewer: Principal!
  currentUser: User!
  personalOrganization: Organization!
  organizations(admin: Boolean, first: Int, after: String, type: OrganizationType): OrganizationConnection!
  organization(id: ID, slug: String, name: String): Organization
  apps(type: String, first: Int, after: String, organizationId: ID, role: String, active: Boolean): AppConnection!
  app(name: String, internalId: String): App
  appNameAvailable(name: String!): Boolean!
  machine(machineId: String!): Machine
  node(id: ID!): Node
  platform: PlatformInformation!
  nearestRegion(wireguardGateway: Boolean): Region
  latestImageTag(repository: String!, snapshotId: ID): String!
  latestImageDetails(image: String!, flyVersion: String): ImageVersion!
  canPerformBluegreenDeployment(name: String!): Boolean!
  addOns(type: AddOnType, first: Int, after: String): AddOnConnection!
}

input CreateAppInput { organizationId: ID! name: String preferredRegion: String network: String appRoleId: ID runtime: String heroku: Boolean machines: Boolean enableSubdomains: Boolean clientMutationId: String }
input SecretInput { key: String! value: String! }
input SetSecretsInput { appId: ID! secrets: [SecretInput!]! replaceAll: Boolean clientMutationId: String }
input UnsetSecretsInput { appId: ID! keys: [String!]! clientMutationId: String }
input AllocateIPAddressInput { appId: ID! type: String! region: String organizationId: ID network: String serviceName: String clientMutationId: String }
input ReleaseIPAddressInput { appId: ID ipAddressId: ID ip: String clientMutationId: String }
input CreateReleaseInput { appId: ID! image: String! platformVersion: String strategy: String definition: JSON buildId: ID clientMutationId: String }
input UpdateReleaseInput { releaseId: ID! status: String! metadata: JSON clientMutationId: String }
input CreateBuildInput { appName: String! builderType: String machineId: String imageOpts: JSON strategiesAvailable: [String!] clientMutationId: String }
input FinishBuildInput { buildId: ID! appName: String machineId: String status: String! strategiesAttempted: JSON builderMeta: JSON finalImage: JSON timings: JSON logs: String clientMutationId: String }

type CreateAppPayload { app: App! clientMutationId: String }
type DeleteAppPayload { organization: Organization! clientMutationId: String }
type SecretsPayload { app: App! release: Release clientMutationId: String }
type AllocateIPAddressPayload { app: App! ipAddress: IPAddress clientMutationId: String }
type ReleaseIPAddressPayload { app: App! clientMutationId: String }
type ReleasePayload { release: Release! clientMutationId: String }
type BuildPayload { id: ID! status: String! wallclockTimeMs: Int! clientMutationId: String }

type Mutation {
  createApp(input: CreateAppInput!): CreateAppPayload
  deleteApp(appId: ID!): DeleteAppPayload
  setSecrets(input: SetSecretsInput!): SecretsPayload
  unsetSecrets(input: UnsetSecretsInput!): SecretsPayload
  allocateIpAddress(input: AllocateIPAddressInput!): AllocateIPAddressPayload
  releaseIpAddress(input: ReleaseIPAddressInput!): ReleaseIPAddressPayload
  createRelease(input: CreateReleaseInput!): ReleasePayload
  updateRelease(input: UpdateReleaseInput!): ReleasePayload
  createBuild(input: CreateBuildInput!): BuildPayload
  finishBuild(input: FinishBuildInput!): BuildPayload
}
`
