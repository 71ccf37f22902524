export interface KamailioOptions {
  readonly address: string;
  readonly port: number;
  /** What its subscribers' addresses end in; the digest realm as well. */
  readonly domain: string;
  /** Subscribers and their passwords. */
  readonly accounts: Readonly<Record<string, string>>;
  /** In international form. A call from outside to it and an extension in one, as in +49815136856101, goes to that extension. */
  readonly mainNumber: string;
  /**
   * The carrier. Calls from its address come from outside and need no password; numbers with `+` or `0` go to it.
   * Absent: there is no outside.
   */
  readonly trunk?: { readonly address: string; readonly port: number };
  /** How long a nonce is good for; absent: 300 seconds. */
  readonly nonceSeconds?: number;
  /** Whether a subscriber's 302 is followed; if not, the caller gets it. Absent: yes. */
  readonly followsRedirect?: boolean;
}

/**
 * A small office's Kamailio: subscribers register and call with digest authentication, callers from inside are named by
 * P-Asserted-Identity, and a 302 of a subscriber is followed as if its target had been dialled.
 */
export function kamailioConfiguration(options: KamailioOptions): string {
  const {
    address,
    port,
    domain,
    accounts,
    mainNumber,
    trunk,
    nonceSeconds = 300,
    followsRedirect = true,
  } = options;
  // acc before uac_redirect: the latter looks for it when it starts, although nothing is accounted for here.
  const modules = [
    ..."jsonrpcs xhttp kex corex pv tm tmx sl rr maxfwd textops siputils xlog htable".split(" "),
    ..."usrloc registrar auth acc uac_redirect".split(" "),
  ];
  return `#!KAMAILIO
debug=1
children=2
tcp_children=2
auto_aliases=no
dns=no
rev_dns=no
tcp_accept_no_cl=yes
listen=udp:${address}:${port}
listen=tcp:${address}:${port}
alias="${domain}"

mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules:/usr/lib/aarch64-linux-gnu/kamailio/modules"
${modules.map((name) => `loadmodule "${name}.so"`).join("\n")}

modparam("jsonrpcs", "transport", 1)
modparam("usrloc", "db_mode", 0)
modparam("registrar", "max_contacts", 10)
modparam("registrar", "min_expires", 1)
modparam("auth", "nonce_expire", ${nonceSeconds})
modparam("rr", "append_fromtag", 1)
modparam("tm", "fr_timer", 5000)
modparam("tm", "fr_inv_timer", 30000)
modparam("tm", "failure_reply_mode", 3)
modparam("htable", "htable", "passwords=>size=8;")
modparam("htable", "htable", "trunk=>size=2;")

event_route[htable:mod-init] {
${Object.entries(accounts)
  .map(([name, password]) => `  $sht(passwords=>${name}) = "${password}";`)
  .join("\n")}
${trunk ? `  $sht(trunk=>${trunk.address}) = 1;` : ""}
}

# The test asks here what is registered.
event_route[xhttp:request] {
  jsonrpc_dispatch();
}

request_route {
  if (!mf_process_maxfwd_header("10")) {
    send_reply("483", "Too Many Hops");
    exit;
  }
  force_rport();
  if (is_method("CANCEL")) {
    if (t_check_trans()) t_relay();
    exit;
  }
  if (has_totag()) {
    if (loose_route()) t_relay();
    else if (is_method("ACK")) { if (t_check_trans()) t_relay(); }
    else send_reply("404", "Not Here");
    exit;
  }
  t_check_trans();
  if (is_method("OPTIONS") && uri == myself) {
    send_reply("200", "OK");
    exit;
  }
  if (is_method("REGISTER")) {
    if (!pv_auth_check("${domain}", "$sht(passwords=>$au)", "0", "1")) {
      www_challenge("${domain}", "1");
      exit;
    }
    save("location");
    exit;
  }
  if (uri != myself) {
    send_reply("403", "No Relaying");
    exit;
  }
  if ($sht(trunk=>$si) == $null) {
    # Whatever stands in From, anonymous too: the user name of the password tells who it is.
    if (!pv_auth_check("${domain}", "$sht(passwords=>$au)", "0", "0")) {
      proxy_challenge("${domain}", "1");
      exit;
    }
    consume_credentials();
    remove_hf("P-Asserted-Identity");
    append_hf("P-Asserted-Identity: <sip:$au@${domain}>\\r\\n");
  }
  record_route();
  # Counted up where a 302 is followed: what has no value yet would become a text there.
  $avp(followed) = 0;
  if ($(rU{s.len}) > ${mainNumber.length} && $(rU{s.substr,0,${mainNumber.length}}) == "${mainNumber}") {
    $rU = $(rU{s.substr,${mainNumber.length},0});
  }
  route(DIALLED);
}

# What stands in the Request-URI is a number of this house or of the world.
route[DIALLED] {
${followsRedirect ? `  t_on_failure("REFUSED");` : ""}
${
  trunk
    ? `  if ($rU =~ "^[+0]") {
    $du = "sip:${trunk.address}:${trunk.port}";
    t_relay();
    exit;
  }`
    : ""
}
  if (!lookup("location")) {
    send_reply("404", "Not Found");
    exit;
  }
  t_relay();
  exit;
}

failure_route[REFUSED] {
  if (t_is_canceled()) exit;
  if (!t_check_status("302")) exit;
  # RFC 3261 8.1.3.4 leaves it to the proxy how often it follows.
  $avp(followed) = $avp(followed) + 1;
  if ($avp(followed) > 5) {
    send_reply("482", "Loop Detected");
    exit;
  }
  if (!get_redirects("*:1")) exit;
  $ru = $(branch(uri)[0]);
  clear_branches();
  if (uri != myself) {
    send_reply("403", "No Relaying");
    exit;
  }
  # The test is on the header itself: assigned to a variable first, an absent one becomes "0".
  if ($T_rpl($hdr(Diversion)) != $null) append_hf("Diversion: $T_rpl($hdr(Diversion))\\r\\n");
  route(DIALLED);
}
`;
}
