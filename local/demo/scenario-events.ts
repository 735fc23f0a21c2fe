/**
 * The demo's events and, written by hand, every request that must follow from them, byte for byte. The product computes none of it: when
 * a webhook or an event changes, these must be rewritten.
 */
import type { DemoEvent, PromisedDelivery, PromisedTokenRequest } from "./scenario.ts";

export const EVENTS: readonly DemoEvent[] = [
  {
    client: "acme",
    id: "evt-1",
    type: "reward.issued",
    attributes: String.raw`{"memberId":"M-42/7 ü?","memberEmail":"ana+gold@example.com","firstName":"花子 \"Hana\"","points":12345678901234567890,"balance":0.10,"vip":true,"tags":["a<b","c&d",1.50],"reward":{"id":"R-1","name":"Café \"Lux\" <2 for 1> & more 🎁"},"note":"line one\nline two\t\\end"}`,
  },
  {
    client: "acme",
    id: "evt-2",
    type: "reward.redeemed",
    attributes: String.raw`{"memberId":"M<\"43\"'&>","firstName":"太郎 & \"Tom\" <O'Neil> 🙂","points":12345678901234567890,"balance":0.10,"note":"a]]>b & <c>\nnext \"line\""}`,
  },
  {
    client: "acme",
    id: "evt-3",
    type: "reward.canceled",
    attributes: String.raw`{"memberId":"M-44&x=1","points":12345678901234567890,"reward":{"id":"R/3 #","name":"Tee + Kuchen = 100% 🍰"},"note":"erst\ndann"}`,
  },
  {
    client: "acme",
    id: "evt-4",
    type: "reward.expirationchanged",
    attributes: String.raw`{"memberId":"太郎 5","firstName":"Zoë <b>","balance":0.10,"expiresAt":"2027-01-31","reward":{"name":"5 \"free\" nights & more"}}`,
  },
  {
    client: "acme",
    id: "evt-5",
    type: "reward.redemptionreversed",
    attributes: String.raw`{"memberId":"M-46"}`,
  },
  {
    // The same id as one of acme's events: ids are unique per client only.
    client: "globex",
    id: "evt-1",
    type: "reward.issued",
    attributes: String.raw`{"memberEmail":"jürgen@example.com","points":0.10,"reward":{"id":"G-1","name":"\"Super\" & <Spar> 5€","price":0.10,"serial":12345678901234567890}}`,
  },
  {
    client: "globex",
    id: "evt-9",
    type: "reward.redemptionreversed",
    attributes: String.raw`{"points":-1.50,"reward":{"id":"G-2","name":"さくら\n🌸"}}`,
  },
];

export const DELIVERIES: readonly PromisedDelivery[] = [
  {
    webhook: "Acme Mail (JSON, OAuth)",
    event: "evt-1",
    receiver: "acme-mail",
    target: "/in/acme-mail/members/M-42%2F7%20%C3%BC%3F/mail?lang=en&name=%E8%8A%B1%E5%AD%90%20%22Hana%22",
    headers: {
      "content-type": "application/json",
      "x-api-key": "k-3y-of-acme",
      authorization: "Bearer acme-mail-token-51c2",
    },
    body: String.raw`{"to":"ana+gold@example.com","name":"花子 \"Hana\"","text":"Enjoy Café \"Lux\" <2 for 1> & more 🎁!\nline one\nline two\t\\end","points":12345678901234567890,"balance":0.10,"vip":true,"middleName":null,"tags":["a<b","c&d",1.50]}`,
    statuses: [202],
  },
  {
    webhook: "Acme CRM (SOAP, Basic)",
    event: "evt-2",
    receiver: "acme-crm",
    target: "/in/acme-crm/soap",
    headers: {
      "content-type": "text/xml; charset=utf-8",
      soapaction: '"urn:acme:redeem"',
      authorization: "Basic a2xzOnMzY3JldA==",
    },
    body: [
      '<?xml version="1.0" encoding="utf-8"?>',
      '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>',
      '  <redeem xmlns="urn:acme" member="M&lt;&quot;43&quot;&apos;&amp;&gt;">',
      "    <name>太郎 &amp; &quot;Tom&quot; &lt;O&apos;Neil&gt; 🙂</name><points>12345678901234567890</points><balance>0.10</balance>",
      '    <note><![CDATA[a]]]]><![CDATA[>b & <c>\nnext "line"]]></note><middle></middle>',
      "  </redeem>",
      "</soap:Body></soap:Envelope>",
    ].join("\n"),
    statuses: [200],
  },
  {
    webhook: "Acme Billing (form, OAuth)",
    event: "evt-3",
    receiver: "acme-billing",
    target: "/in/acme-billing/rewards/R%2F3%20%23/cancel?by=M-44%26x%3D1",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      authorization: "Bearer acme-billing-token-77d0",
    },
    body: "member=M-44%26x%3D1&reward=Tee%20%2B%20Kuchen%20%3D%20100%25%20%F0%9F%8D%B0&points=12345678901234567890&note=erst%0Adann&middle=",
    statuses: [204],
  },
  {
    webhook: "Acme Push (text, fails twice)",
    event: "evt-4",
    receiver: "acme-push",
    target: "/in/acme-push/send",
    headers: { "content-type": "text/plain; charset=utf-8", "x-member": "id=%E5%A4%AA%E9%83%8E 5" },
    body: 'Zoë <b>, "5 "free" nights & more" is good until 2027-01-31.\nBalance: 0.10',
    statuses: [503, 503, 200],
  },
  {
    webhook: "Globex Ledger (JSON, all events)",
    event: "evt-1",
    receiver: "globex-ledger",
    target: "/in/globex-ledger/club/production?event=evt-1",
    headers: { "content-type": "application/json", "x-access-token": "globex-ledger-token-9e3b" },
    body: String.raw`{"type":"reward.issued","points":0.10,"reward":{"id":"G-1","name":"\"Super\" & <Spar> 5€","price":0.10,"serial":12345678901234567890},"raw":"{\"id\":\"G-1\",\"name\":\"\\\"Super\\\" & <Spar> 5€\",\"price\":0.10,\"serial\":12345678901234567890}"}`,
    statuses: [200],
  },
  {
    webhook: "Globex Partner (SOAP, Basic)",
    event: "evt-1",
    receiver: "globex-partner",
    target: "/in/globex-partner/G-1",
    headers: { "content-type": "application/soap+xml; charset=utf-8", authorization: "Basic Z3gtdXNlcjpneC1zM2NyZXQ=" },
    body: '<Envelope xmlns="http://www.w3.org/2003/05/soap-envelope"><Body><issued name="&quot;Super&quot; &amp; &lt;Spar&gt; 5€">jürgen@example.com</issued></Body></Envelope>',
    statuses: [200],
  },
  {
    webhook: "Globex Ledger (JSON, all events)",
    event: "evt-9",
    receiver: "globex-ledger",
    target: "/in/globex-ledger/club/production?event=evt-9",
    headers: { "content-type": "application/json", "x-access-token": "globex-ledger-token-9e3b" },
    body: String.raw`{"type":"reward.redemptionreversed","points":-1.50,"reward":{"id":"G-2","name":"さくら\n🌸"},"raw":"{\"id\":\"G-2\",\"name\":\"さくら\\n🌸\"}"}`,
    statuses: [200],
  },
];

export const TOKEN_REQUESTS: readonly PromisedTokenRequest[] = [
  {
    endpoint: "acme-mail",
    method: "POST",
    target: "/oauth/token/acme-mail?audience=mail",
    contentType: "application/x-www-form-urlencoded",
    body: "grant_type=client_credentials&client_id=kls+acme&client_secret=s3cr%26t%2B%3D%25%C3%BC",
  },
  {
    endpoint: "acme-billing",
    method: "POST",
    target: "/oauth/token/acme-billing",
    contentType: "application/json",
    body: String.raw`{"grant_type":"client_credentials","client_id":"kls","client_secret":"b1ll\"ing\\"}`,
  },
  {
    endpoint: "globex-ledger",
    method: "GET",
    target: "/oauth/token/globex-ledger?tenant=7&grant_type=client_credentials&client_secret=l3dger%26q",
    contentType: undefined,
    body: "",
  },
];
