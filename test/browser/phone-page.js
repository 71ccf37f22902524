// The script of the web page in which jssip.test.ts has a phone. `tell` brings what happens to the test.
let session;

const phone = {
  start({ url, uri, user, password }) {
    const agent = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(url)],
      uri,
      authorization_user: user,
      password,
    });
    agent.on("registered", () => tell("registered"));
    agent.on("registrationFailed", ({ cause }) => tell(`registration failed: ${cause}`));
    agent.on("newRTCSession", (event) => {
      session = event.session;
      session.on("confirmed", () => tell("talks"));
      session.on("ended", ({ originator, cause }) => tell(`ended by ${originator}: ${cause}`));
      session.on("failed", ({ originator, cause }) => tell(`failed by ${originator}: ${cause}`));
      tell(`rings: ${session.remote_identity.uri.user}`);
    });
    agent.start();
  },

  answer() {
    session.answer({ mediaConstraints: { audio: true, video: false } });
  },

  /** What a browser at the other end would offer. */
  async offer() {
    const connection = new RTCPeerConnection();
    const { sdp } = await connection.createOffer({ offerToReceiveAudio: true });
    connection.close();
    return sdp;
  },
};
