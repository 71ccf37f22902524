/** What each key of a configuration file means, for docs/how-to/configuration-reference.md. A path is `section.key`. */

export const sectionWords: Readonly<Record<string, string>> = {
  sites: "A location's numbering. It decides who is an internal caller and how numbers are compared.",
  profiles:
    "Profiles of your own, for kinds of PBX that Divert does not know or knows otherwise. What a key leaves out is as in " +
    "the profile that it is based on; [Profiles](pbx-profiles.md) has those.",
  pbxs: "The phone systems at which lines register.",
  groups: "Line groups: lines that share a PBX, answers and the administrator's forwardings.",
  lines: "One SIP account at a PBX each.",
  users: "People. Only tokens can sign in yet; a user who is named makes sign-in necessary all the same.",
  tokens: "Programs, with what they sign in with at the HTTP API.",
  forwardings:
    "Rules. With `line` a rule is the user's, with `group` the administrator's. Of two rules of one owner with the " +
    "same `when` and `callers` there can be but one.",
};

/** Of the keys that a PBX and a profile of one's own may both have. */
const profileKeyWords: Readonly<Record<string, string>> = {
  identityHeaders: "Where the caller is read, in this order.",
  marks: "What marks a call as internal, external, or from a group. The first that fits is taken.",
  "marks[].says": "What the mark says of the call.",
  "marks[].header": "With `contains`: the header to look at.",
  "marks[].contains": "The text that the header holds.",
  "marks[].prefix": "Instead of the two: how the caller's number begins.",
  redirectAfterRinging: "Whether a 302 is followed after the line rang.",
  redirectHost: "Host of the 302's Contact.",
  redirectParameters: "URI parameters of the 302's Contact.",
  redirectNumber: "How a number of the outside stands in the 302: `+4989…`, or as it would be dialled.",
  namedExtensions: "Whether extensions may be names.",
  hash: "What becomes of `#` in a target.",
  diversion: "Whether the 302 has a `Diversion` header.",
  historyInfo: "Whether the 302 has `History-Info`, for callers who support it.",
  secondCall: "Whether the PBX delivers a second call, for lines that do not say so themselves.",
  relayedFrom: "Who stands in From of a call that Divert relays.",
  ringLimit:
    "Seconds after which the PBX stops ringing a line. A `noAnswer` rule too close to it is warned of.",
  callsPerLine:
    "Calls that the PBX lets a line have at once, in both directions together. A call that Divert carries itself takes two of them, and is not begun without. Absent: no limit is known.",
  calledParty: "Headers that name the line where the PBX does not send Divert's Contact back.",
  keepAlive: "What keeps a UDP path open.",
  keepAliveSeconds: "How often.",
  expires: "Seconds asked for when a line registers.",
  registerRate: "Registrations a second, at the most.",
  webrtcMedia: "Whether it takes the media of phones in browsers (DTLS-SRTP and ICE) from its lines.",
};

function of(section: string, words: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(words).map(([key, text]) => [`${section}.${key}`, text]));
}

export const keyWords: Readonly<Record<string, string>> = {
  "sites.id": "Names the site.",
  "sites.countryCode": "`49` for Germany, without `+` or zeros.",
  "sites.areaCode": "`8151`, without the trunk prefix. Empty where the country has none.",
  "sites.mainNumber":
    "The number that extensions are appended to, without area code. Empty: no direct dialling.",
  "sites.directDialling":
    "Whether extensions are reached from outside by the main number and the extension. Absent: yes.",
  "sites.extensions":
    "Single extensions (`500`), ranges (`100-399`) and lengths (`7??`). A range holds numbers of its bounds' length.",
  "sites.outsideLine": "Dialled before a number to get an outside line.",
  "sites.forwardingPrefix":
    "Like `outsideLine`, for targets where `redirectNumber` is `dialled`. Absent: as `outsideLine`.",
  "sites.nationalPrefix": "Trunk prefix. Absent: the country's own.",
  "sites.internationalPrefix": "Absent: the country's own.",
  "sites.trustFrom":
    "Whether a short number in `From`, with no mark and no asserted identity beside it, is believed to be internal.",
  "sites.internalSites":
    "Ids of sites whose subscribers are internal here too. Where their extensions collide, the first has them.",
  "sites.stripPrefixes":
    "What the PBX puts before the numbers of callers, and is no part of them. The first that fits is taken off, before the rules.",
  "sites.rules": "Rewriting of numbers that callers come with. The first that matches is taken.",
  "sites.rules[].match": "A regular expression in RE2 syntax.",
  "sites.rules[].replace": "Takes the match's place; `$1` is its first group.",
  "sites.rules[].callers": "What the rule says of the caller. Absent: what the rewritten number says.",

  "profiles.id": "Names the profile, for `profile` of a PBX. None of Divert's own ids.",
  "profiles.basedOn": "Id of the profile of Divert's that it starts from.",
  "profiles.name": "What kind of PBX it is for. Absent: the id.",
  "profiles.source": "Where its values were read or seen; told beside each of them.",
  "profiles.followsRedirect": "Whether the PBX follows a 302: what `redirect: auto` goes by.",
  ...of("profiles", profileKeyWords),

  "pbxs.id": "Names the PBX.",
  "pbxs.profile":
    "What kind of PBX it is: an id of Divert's [profiles](pbx-profiles.md), or of one under `profiles`.",
  "pbxs.site": "Id of its site.",
  "pbxs.registrar": "Where REGISTER goes to.",
  "pbxs.domain": "Domain of the lines' addresses. Absent: the registrar's host.",
  "pbxs.realm": "Realm whose challenges are answered. Absent: that of the first challenge to a REGISTER.",
  "pbxs.redirect":
    "Whether the PBX follows a 302; `auto`: as the profile says, and if it does not know, yes. With `no` Divert calls " +
    "the target itself and joins the two.",
  "pbxs.outboundProxy": "All requests go there first.",
  "pbxs.addresses":
    "Where calls may come from, besides the addresses that registrar and outbound proxy resolve to.",
  "pbxs.groupNumbers":
    "Numbers of groups and queues. Their calls are forwarded by rules with `groupCalls` alone.",
  "pbxs.tls":
    "For a registrar or outbound proxy with `transport=tls`, or `sips:`. Needs a `tls:` listening point.",
  "pbxs.tls.ca":
    "The only authorities to trust: PEM, or the path of a file with PEM. Left out: the system's.",
  "pbxs.tls.verify":
    "Whether its certificate is checked. It has to be for the domain, the registrar's or the outbound proxy's host.",
  ...of("pbxs", profileKeyWords),

  "groups.id": "Names the group.",
  "groups.pbx": "Id of the PBX at which its lines register.",
  "groups.answers": "What callers hear when no rule forwards the call. 180: ringing, until they give up.",
  "groups.answers.busy": "The line is busy, and call waiting is off; or its phones say so.",
  "groups.answers.noPhone": "No phone can be reached.",
  "groups.answers.declined": "The user declined the call.",
  "groups.answers.dnd": "Do not disturb.",
  "groups.busyCounts": "Whether a call makes its line busy from its first byte on, or from its answer on.",
  "groups.relayFailure":
    "What becomes of a call that Divert carries to its target itself, when the target is busy, cannot be reached or does not answer: the caller hears what the target says, or the line's phones ring.",
  "groups.targets":
    "Where forwardings of its lines may lead, and those of the group unless `groupTargets` says otherwise.",
  "groups.groupTargets":
    "The same for the forwardings of the group itself, which administrators set. Absent: as `targets`.",
  "groups.targets.foreignHosts":
    "Hosts besides the PBX's own that a target such as `sip:bob@partner.example` may be at. Divert carries such calls itself.",
  "groups.targets.premium": "Numbers that cost extra. Absent: no.",
  "groups.targets.abroad": "Numbers of other countries. Absent: yes.",
  "groups.targets.satellite": "Numbers of satellite and other worldwide networks. Absent: no.",
  "groups.targets.ownCountry": "Numbers of the own country outside of the site. Absent: yes.",
  "groups.targets.longest": "Characters of a target at the most. Absent: 32.",
  "groups.targets.allow":
    "Patterns of targets that are permitted whatever their kind is, emergency numbers apart: `+4989*`, `10?`.",
  "groups.targets.deny": "Patterns of targets that are not, whatever else holds.",
  "groups.groupTargets.foreignHosts":
    "Hosts besides the PBX's own that a target such as `sip:bob@partner.example` may be at. Divert carries such calls itself.",
  "groups.groupTargets.premium": "Numbers that cost extra. Absent: no.",
  "groups.groupTargets.abroad": "Numbers of other countries. Absent: yes.",
  "groups.groupTargets.satellite": "Numbers of satellite and other worldwide networks. Absent: no.",
  "groups.groupTargets.ownCountry": "Numbers of the own country outside of the site. Absent: yes.",
  "groups.groupTargets.longest": "Characters of a target at the most. Absent: 32.",
  "groups.groupTargets.allow":
    "Patterns of targets that are permitted whatever their kind is, emergency numbers apart: `+4989*`, `10?`.",
  "groups.groupTargets.deny": "Patterns of targets that are not, whatever else holds.",
  "groups.limits":
    "How much one line may forward to outside of the PBX. Beyond it rules are passed over, and an alarm is raised.",
  "groups.limits.perHour": "Calls forwarded in an hour.",
  "groups.limits.relayedAtOnce": "Calls that Divert carries itself at the same time.",

  "lines.id": "Names the line, in the whole installation.",
  "lines.group": "Id of its group.",
  "lines.extension": "Its number at the PBX, once within a PBX. Absent: the id.",
  "lines.username": "User of its SIP account.",
  "lines.authUsername": "Name for authentication, where it is another than `username`.",
  "lines.password": "Of the SIP account.",
  "lines.secondCall":
    "Whether the PBX delivers a second call while the line is in one. Without it no busy rule ever sees a call.",
  "lines.callWaiting":
    "Whether a second call is offered when no rule forwards it; else it is answered as busy.",
  "lines.displayName": "Shown beside the id.",
  "lines.phone":
    "Account with which the user's own phones register at Divert; see [Connect a phone](connect-a-phone.md).",
  "lines.phone.username": "Unique in the installation. Several phones share it.",
  "lines.phone.password": "Of that account.",
  "lines.dnd":
    "Do not disturb: no, yes (callers hear the group's `dnd` answer), or where they go meanwhile. Absent: as its user has set it.",

  "users.name": "Unique.",
  "users.password": "Kept as a hash.",
  "users.role": "An administrator may change everything, a user what belongs to `lines`.",
  "users.lines": "Ids of the user's lines.",

  "tokens.name": "Unique. Stands in the record of changes.",
  "tokens.role": "`admin` may change everything, `user` may read.",
  "tokens.secret": "Sent as `Authorization: Bearer SECRET`. Kept as a hash.",

  "forwardings.line": "Id of the line whose user's rule it is. Either this or `group`.",
  "forwardings.group": "Id of the group whose administrator's rule it is.",
  "forwardings.when":
    "On what it depends: nothing, the line in a call, nobody answering, no phone that can be reached.",
  "forwardings.callers": "Whose calls it is for.",
  "forwardings.target": "Where the call goes: an extension, a number, or a SIP URI at the PBX.",
  "forwardings.enabled": "A rule that is switched off is kept.",
  "forwardings.seconds": "For `noAnswer`: how long the phones ring first. Absent: 20.",
  "forwardings.from": "Holds from this instant on (ISO 8601 with offset).",
  "forwardings.until": "Holds until before this instant.",
  "forwardings.hours": "Holds in these hours of the week alone. Absent: at any hour.",
  "forwardings.hours[].days": "Days on which they begin.",
  "forwardings.hours[].from": "Local time, `HH:MM`.",
  "forwardings.hours[].to": "Local time, up to `24:00`. Earlier than `from`: it ends on the day after.",
  "forwardings.timeZone": "IANA name that `hours` are read in. Absent: the server's own.",
  "forwardings.groupCalls": "Forwards calls from groups and queues too.",
  "forwardings.mandatory": "Of a group's rule: comes before the users' own rules of the same `when`.",
};
