// Types and names shared by the stamp and the clients: both templates compute the same names, so neither needs the other's outputs.

@export()
@description('One client. Its bus is a separate deployment, its settings are part of its stamp.')
@sealed()
type clientConfig = {
  @description('Client id, as in every path of the API: a letter, then 1 to 15 of a-z, 0-9 and hyphen.')
  @minLength(2)
  @maxLength(16)
  id: string

  @description('Stamp whose app delivers the client\'s events.')
  stamp: string

  @description('Tier of its Service Bus namespace. Premium for private endpoints or guaranteed throughput.')
  sku: 'Standard' | 'Premium'

  @description('Messaging units of a Premium namespace; 1 by default.')
  premiumUnits: (1 | 2 | 4 | 8 | 16)?

  @description('Whether the namespace is reachable only from the stamp\'s network. Requires Premium and a stamp with a network.')
  privateEndpoint: bool?

  @description('Always-ready instances for its events, which are billed all the time; none by default. At least 2 in a zone-redundant stamp.')
  @minValue(1)
  @maxValue(20)
  alwaysReady: int?

  @description('Object ids of the principals that may publish events: send to the topic, nothing else. Each gets its own role assignment.')
  producers: string[]?
}

@export()
@description('Environment of a deployment.')
type environmentName = 'dev' | 'production'

@export()
@description('Who may call the API: holders of access tokens from this issuer.')
@sealed()
type authConfig = {
  @description('Exact iss claim.')
  issuer: string

  @description('Exact aud claim.')
  audience: string

  @description('Where the issuer publishes its keys (JWKS, RFC 7517).')
  jwksUrl: string

  @description('Claim that lists the clients a caller may access: roles, if each client is an app role.')
  clientsClaim: string

  @description('Application (client) id of the API\'s registration. If set, the platform validates tokens too, before the app does.')
  clientId: string?
}

@export()
@description('Network of a stamp: fixed outbound addresses, and private endpoints of Premium buses.')
@sealed()
type networkConfig = {
  @description('Address range of the whole network.')
  addressPrefix: string

  @description('Range of the app\'s subnet, at least /27.')
  appPrefix: string

  @description('Range of the subnet of private endpoints.')
  endpointPrefix: string
}

@export()
@description('Name of a resource, unique in its resource group.')
func stampName(abbreviation string, environment string, stamp string) string =>
  '${abbreviation}-webhooks-${environment}-${stamp}'

@export()
@description('Suffix that makes names globally unique; the same in both templates.')
func nameSeed(subscriptionId string, environment string) string => '${subscriptionId}|${environment}'

@export()
@description('What is wrong with a client\'s id; empty if it is valid. A type cannot have a pattern.')
func idFault(id string) string =>
  toLower(id) != id || !contains('abcdefghijklmnopqrstuvwxyz', take(id, 1)) || contains(id, '--') || endsWith(id, '-')
    ? '${id} is not a valid client id: a letter first, lower case, no hyphen at the end, no two in a row.'
    : ''

@export()
@description('What is wrong with an address for alerts; empty if it is valid. Mail to domains reserved for examples and tests reaches nobody.')
func emailFault(email string) string =>
  length(split(email, '@')) != 2 || !contains(last(split(email, '@')), '.') || contains(
      ['example', 'test', 'invalid', 'localhost'],
      toLower(last(split(email, '.')))
    ) || contains(
      ['example.com', 'example.net', 'example.org'],
      toLower(join(lastTwo(split(last(split(email, '@')), '.')), '.'))
    )
    ? '${email} reaches nobody: ALERT_EMAILS must list addresses that people read.'
    : ''

@description('The last two items of an array of strings.')
func lastTwo(parts string[]) string[] => skip(parts, max(0, length(parts) - 2))

@export()
@description('Splits a comma-separated list and trims its items; an empty text has none.')
func listOf(text string) string[] => filter(map(split(text, ','), part => trim(part)), part => part != '')

@export()
@description('Name of a client\'s namespace.')
func namespaceName(id string, seed string) string => 'sbns-${id}-${take(uniqueString(seed, id), 8)}'

@export()
@description('Id of the stamp\'s own role, which reads how many messages are waiting: the stamp defines it, each bus assigns it.')
func countReaderId(groupId string, environment string, stamp string) string =>
  guid(groupId, environment, stamp, 'count-reader')

@export()
@description('Prefix of a client\'s settings, which is the connection of its trigger.')
func busSetting(id string) string => 'SB_${toUpper(replace(id, '-', '_'))}'

@export()
@description('A setting of an app.')
@sealed()
type setting = {
  @description('Name of the setting.')
  name: string

  @description('Value of the setting.')
  value: string
}

@export()
@description('Settings of one client\'s bus. It is accessed with the app\'s identity, without keys.')
func connectionSettings(id string, seed string, identityClientId string) setting[] => [
  { name: '${busSetting(id)}__fullyQualifiedNamespace', value: '${namespaceName(id, seed)}.servicebus.windows.net' }
  { name: '${busSetting(id)}__credential', value: 'managedidentity' }
  { name: '${busSetting(id)}__clientId', value: identityClientId }
]

@export()
@description('Ids of the built-in roles that the templates assign.')
var roles = {
  serviceBusDataReceiver: '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0'
  serviceBusDataSender: '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  storageBlobDataContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  keyVaultCryptoServiceEncryptionUser: 'e147488a-f6f5-4113-8e2d-b22465e65bf6'
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
  monitoringReader: '43d0d8ad-25c7-4714-9337-8ba259a9fe05'
}
