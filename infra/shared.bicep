// Types and names that the stamp and the clients share: both templates compute the same names, so neither needs the other's outputs.

@export()
@description('One client: its bus is a deployment of its own, its settings are part of its stamp.')
@sealed()
type clientConfig = {
  @description('Client id, as in every path of the API: a letter, then 1 to 15 of a-z, 0-9 and hyphen.')
  @minLength(2)
  @maxLength(16)
  id: string

  @description('Stamp whose app delivers this client\'s events.')
  stamp: string

  @description('Tier of its Service Bus namespace. Premium for private endpoints or guaranteed throughput.')
  sku: 'Standard' | 'Premium'

  @description('Messaging units of a Premium namespace; 1 when left out.')
  premiumUnits: (1 | 2 | 4 | 8 | 16)?

  @description('Reach the namespace only from the stamp\'s network. Needs Premium and a stamp with a network.')
  privateEndpoint: bool?

  @description('Instances of its own that wait for its events and are paid for all the time; none when left out. At least 2 in a zone-redundant stamp.')
  @minValue(1)
  @maxValue(20)
  alwaysReady: int?

  @description('Principals, by object id, that may publish events: send to the topic, nothing else. Each gets its own role.')
  producers: string[]?
}

@export()
@description('Environments that are deployed.')
type environmentName = 'dev' | 'production'

@export()
@description('Who may call the API: access tokens as this issuer makes them.')
@sealed()
type authConfig = {
  @description('Exact iss claim.')
  issuer: string

  @description('Exact aud claim.')
  audience: string

  @description('Where the issuer publishes its keys (JWKS, RFC 7517).')
  jwksUrl: string

  @description('Claim with the clients that a caller may touch: roles where each client is an app role of its own.')
  clientsClaim: string

  @description('Application (client) id of the API\'s registration. With it the platform checks tokens too, before the app does.')
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

  @description('Range of the private endpoints\' subnet.')
  endpointPrefix: string
}

@export()
@description('Name of a resource that is unique in its resource group.')
func stampName(abbreviation string, environment string, stamp string) string =>
  '${abbreviation}-webhooks-${environment}-${stamp}'

@export()
@description('What makes names unique in the world; the same in both templates.')
func nameSeed(subscriptionId string, environment string) string => '${subscriptionId}|${environment}'

@export()
@description('What is wrong with a client\'s id; empty when nothing is. A type cannot hold a pattern.')
func idFault(id string) string =>
  toLower(id) != id || !contains('abcdefghijklmnopqrstuvwxyz', take(id, 1)) || contains(id, '--') || endsWith(id, '-')
    ? '${id} is not a valid client id: a letter first, lower case, no hyphen at the end, no two in a row.'
    : ''

@export()
@description('What is wrong with an address for alerts; empty when nothing is. Mail to names kept for examples and tests reaches nobody.')
func emailFault(email string) string =>
  length(split(email, '@')) != 2 || !contains(last(split(email, '@')), '.') || contains(
      ['example', 'test', 'invalid', 'localhost'],
      toLower(last(split(email, '.')))
    ) || contains(
      ['example.com', 'example.net', 'example.org'],
      toLower(join(lastTwo(split(last(split(email, '@')), '.')), '.'))
    )
    ? '${email} reaches nobody: ALERT_EMAILS needs addresses that people read.'
    : ''

@description('The last two of some texts.')
func lastTwo(parts string[]) string[] => skip(parts, max(0, length(parts) - 2))

@export()
@description('Texts between commas, without the blanks around them; none of an empty text.')
func listOf(text string) string[] => filter(map(split(text, ','), part => trim(part)), part => part != '')

@export()
@description('Name of a client\'s namespace.')
func namespaceName(id string, seed string) string => 'sbns-${id}-${take(uniqueString(seed, id), 8)}'

@export()
@description('Id of the stamp\'s own role, which reads how many messages wait: the stamp defines it, each bus assigns it.')
func countReaderId(groupId string, environment string, stamp string) string =>
  guid(groupId, environment, stamp, 'count-reader')

@export()
@description('Prefix of a client\'s settings, which is what its trigger names as its connection.')
func busSetting(id string) string => 'SB_${toUpper(replace(id, '-', '_'))}'

@export()
@description('One setting of an app.')
@sealed()
type setting = {
  @description('Name of the setting.')
  name: string

  @description('Value of the setting.')
  value: string
}

@export()
@description('Settings of one client\'s bus: reached with the app\'s identity, no key anywhere.')
func connectionSettings(id string, seed string, identityClientId string) setting[] => [
  { name: '${busSetting(id)}__fullyQualifiedNamespace', value: '${namespaceName(id, seed)}.servicebus.windows.net' }
  { name: '${busSetting(id)}__credential', value: 'managedidentity' }
  { name: '${busSetting(id)}__clientId', value: identityClientId }
]

@export()
@description('Ids of the built-in roles that are assigned.')
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
