/**
 * Words that headers commonly contain and that are never a random secret (decision 0026). Words that people use as passwords are not listed.
 * Shorter words are not masked anyway.
 */
const WORDS = new Set(
  (
    "true false null none undefined empty default auto manual always never both neither unknown other yes no on off " +
    "active inactive enabled disabled open closed valid invalid pending approved rejected verified unverified confirmed blocked locked unlocked " +
    "started stopped running paused resumed finished completed complete failed success succeeded error warning info debug trace normal " +
    "high medium low critical urgent new old current latest stable beta alpha preview legacy deprecated draft final published archived deleted " +
    "created updated changed issued redeemed canceled cancelled expired reversed subscribed unsubscribed registered anonymous authenticated " +
    "optin optout opted granted denied allow allowed deny required optional mandatory available unavailable temporary permanent " +
    "live test testing tests sandbox staging stage production prod development develop local global demo trial pilot integration acceptance quality " +
    "internal external public private shared common standard premium basic gold silver bronze platinum diamond member members membership " +
    "guest user users admin customer customers partner partners client clients merchant vendor supplier store shop loyalty reward rewards point " +
    "points voucher vouchers coupon coupons gift card cards tier level program programme campaign promotion newsletter welcome birthday " +
    "event events webhook webhooks message messages order orders invoice payment payments account accounts profile email mail mobile phone " +
    "push letter mobileapp android browser desktop online offline instore website portal " +
    "json text html xml form plain binary gzip identity chunked close keepalive bearer basic digest hmac " +
    "english german french italian spanish dutch portuguese polish czech turkish europe america africa asia australia north south east west " +
    "central northeurope westeurope germany france italy spain austria switzerland netherlands belgium poland canada brazil mexico japan china india " +
    "black white blue green yellow orange purple pink grey gray brown " +
    "monday tuesday wednesday thursday friday saturday sunday january february march april june july august september october november december " +
    "daily weekly monthly yearly hourly today tomorrow yesterday"
  ).split(" "),
);

/** A number that is not a key: up to nine digits before a fraction. */
const NUMBER = /^[+-]?\d{1,9}(?:[.,]\d{1,4})?%?$/;

/** Words that are not secret even where a password is expected. */
const FLAGS = new Set(["true", "false", "null", "none", "undefined"]);

/** Whether a text is an everyday word or number, in any letter case, which occurs in many places that are unrelated to any secret. */
export function isPlainWord(text: string): boolean {
  return NUMBER.test(text) || WORDS.has(text.toLowerCase());
}

/** Whether a text only means yes, no or nothing, in any letter case. */
export function isFlag(text: string): boolean {
  return FLAGS.has(text.toLowerCase());
}
