#include "apps/serve/page_server.h"

#include <httplib.h>
#include <omp.h>

#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <map>
#include <semaphore>
#include <set>
#include <stdexcept>

#include "apps/serve/page.h"
#include "apps/serve/refused.h"
#include "apps/serve/request_guard.h"
#include "apps/serve/work_line.h"
#include "cyclegan/report/text.h"
#include "io/key_text.h"

namespace bauta {
namespace {

using httplib::ContentReader;
using httplib::Request;
using httplib::Response;
using nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

// One picture is worked on at a time, so many may wait; who comes then is told so.
constexpr int kMostPictures = 5;
// Threads that hold connections: browsers open some that they may never use.
constexpr std::size_t kConnections = 16;
constexpr auto kMostUpload = std::chrono::seconds(60);
constexpr std::size_t kMostKeyBytes = 256;

struct Address {
  std::string method;
  bool takes_body = false;
  std::set<std::string> parameters = {};
};
const std::map<std::string, Address> kAddresses{{"/", {"GET"}},
                                                {"/facts", {"GET"}},
                                                {"/key", {"POST"}},
                                                {"/deid", {"POST", true, {"mode", "blocks", "cover"}}},
                                                {"/reid", {"POST", true}}};

std::string dumped(const ordered_json& json) {
  return json.dump(-1, ' ', true, ordered_json::error_handler_t::replace);
}

void refuse(Response& response, const Refused& why) {
  response.status = why.status();
  response.set_content(dumped({{"error", why.what()}, {"advice", why.what_to_do()}}), "application/json");
}

// What is misspelt would otherwise be left out, and a face less hidden than was meant.
void require_known_parameters(const Request& request, const std::set<std::string>& known) {
  std::string all;
  for (const std::string& name : known) all += (all.empty() ? "" : ", ") + name;
  for (const auto& [name, value] : request.params) {
    if (!known.contains(name))
      throw Refused(400, "there is no parameter " + name,
                    known.empty() ? "send none" : "send none but " + all);
    if (request.params.count(name) > 1)
      throw Refused(400, "the parameter " + name + " is there more than once", "send it once");
  }
}

// Before anything of a body is read.
void require_plain_request(const Request& request, bool loopback) {
  require_own_page({request.get_header_value("Host"), request.get_header_value("Origin"),
                    request.get_header_value("Sec-Fetch-Site")},
                   loopback);
  const auto found = kAddresses.find(request.path);
  if (found == kAddresses.end()) throw Refused(404, "there is nothing at this address", "open the page at /");
  const Address& address = found->second;
  const bool head = request.method == "HEAD" && address.method == "GET";
  if (request.method != address.method && !head)
    throw Refused(405, "this address takes " + address.method + " alone", "use the page at /");
  require_known_parameters(request, address.parameters);
  if (address.method != "POST") return;
  const bool says_length = request.has_header("Content-Length") || !address.takes_body;
  if (request.has_header("Transfer-Encoding") || !says_length)
    throw Refused(411, "the request does not say how long it is", "send a Content-Length");
  if (request.has_header("Content-Encoding") || request.is_multipart_form_data())
    throw Refused(415, "the picture is wrapped in something", "send the file's bytes as they are");
}

// The body, if it is not larger than `most`. What is too large is read nevertheless, as far as is sensible: a
// browser that still sends does not listen.
std::string read_body(const ContentReader& read, std::size_t most) {
  std::string bytes;
  std::size_t seen = 0;
  const auto until = Clock::now() + kMostUpload;
  const bool whole = read([&](const char* data, std::size_t size) {
    seen += size;
    if (seen <= most)
      bytes.append(data, size);
    else
      std::string().swap(bytes);
    return seen <= 4 * most && Clock::now() < until;
  });
  if (seen > most)
    throw Refused(413,
                  "the file is larger than the " + std::to_string(most >> 20) + " MiB that this page takes",
                  "make it smaller, or use bauta deid");
  if (!whole) throw Refused(408, "the file did not arrive whole", "try again");
  return bytes;
}

KeyText key_in(const Request& request) {
  const std::string text = request.get_header_value("Bauta-Key");
  if (text.size() > kMostKeyBytes)
    throw Refused(400, "the key is too long for a key", "paste the one line of a key file");
  try {
    return parse_key_text(text);
  } catch (const std::invalid_argument& error) {
    const std::string why = error.what();
    const auto advice = why.find("; ");
    throw Refused(400, "the key " + why.substr(0, advice),
                  advice == why.npos ? "paste the one line of a key file" : why.substr(advice + 2));
  }
}

std::optional<Opener> opener_in(const Request& request) {
  if (!request.has_header("Bauta-Key")) return {};
  const KeyText key = key_in(request);
  if (key.kind == kSecretKeyKind) return SecretKey::from_bytes(key.bytes.bytes());
  if (key.kind == kPrivateKeyKind) return PrivateKey::from_bytes(key.bytes.bytes());
  throw Refused(400, "that is a public key, which opens nothing", "paste the private key that belongs to it");
}

HidingRequest hiding_in(const Request& request) {
  HidingRequest asked;
  const std::string mode = request.get_param_value("mode"), cover = request.get_param_value("cover");
  if (mode == "open")
    asked.mode = AnonymizationMode::Open;
  else if (mode == "one-way")
    asked.mode = AnonymizationMode::OneWay;
  else if (mode != "keyed")
    throw Refused(400, "mode is none of open, one-way and keyed", "send one of them");
  if (cover == "fill")
    asked.cover = Cover::Fill;
  else if (!cover.empty() && cover != "blocks")
    throw Refused(400, "cover is neither blocks nor fill", "send one of them");
  if (request.has_param("blocks")) {
    const std::string text = request.get_param_value("blocks");
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), asked.blocks);
    if (error != std::errc() || end != text.data() + text.size() || asked.blocks < 1 || asked.blocks > 1000)
      throw Refused(400, "blocks is no number from 1 to 1000", "send such a number, or leave it out");
  }
  if (asked.mode != AnonymizationMode::Keyed) return asked;
  if (!request.has_header("Bauta-Key"))
    throw Refused(400, "keyed mode needs a key", "make a new one, or paste your own");
  const KeyText key = key_in(request);
  if (key.kind != kSecretKeyKind)
    throw Refused(400, "that is a recipient's key, and this page closes for none",
                  "paste a key as bauta keygen makes it");
  asked.key = SecretKey::from_bytes(key.bytes.bytes());
  return asked;
}

// The page, which may run its own script and style and fetch nothing from elsewhere.
void send_page(Response& response) {
  const SecretKey random = SecretKey::generate();
  const auto bytes = random.bytes().first<16>();
  const std::string nonce = base64({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  std::string page = kPage;
  constexpr std::string_view kPlace = "NONCE";
  for (auto at = page.find(kPlace); at != page.npos; at = page.find(kPlace, at + nonce.size()))
    page.replace(at, kPlace.size(), nonce);
  response.set_header(
      "Content-Security-Policy",
      "default-src 'none'; script-src 'nonce-" + nonce + "'; style-src 'nonce-" + nonce +
          "'; img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
          "frame-ancestors 'none'");
  response.set_content(page, "text/html; charset=utf-8");
}

// An address in use is an error, also where it is this user's own.
void set_socket_options(int socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

}  // namespace

struct PageServer::State {
  State(const PictureWork& pictures, const PictureLimits& bounds, std::string at, int threads)
      : work(pictures), limits(bounds), address(std::move(at)), line([threads] {
          if (threads > 0) omp_set_num_threads(threads);
        }) {}

  const PictureWork& work;
  PictureLimits limits;
  std::string address;
  int port = 0;
  std::atomic<bool> stopping = false;
  std::counting_semaphore<kMostPictures> places{kMostPictures};
  WorkLine line;
  httplib::Server server;

  // Throws when a picture has taken long enough, or nobody will want it any more.
  FaceProgress clock() const {
    const auto until = Clock::now() + std::chrono::seconds(limits.seconds);
    return [this, until](std::size_t, std::size_t) {
      if (stopping) throw Refused(503, "bauta serve is being stopped", "start it again");
      if (Clock::now() > until)
        throw Refused(
            503, "it took longer than the " + std::to_string(limits.seconds) + " s that a picture gets here",
            "take a smaller one, or one with fewer faces, or use bauta deid");
    };
  }

  // A body read, and a picture made of it.
  void answer(Response& response, const ContentReader& read,
              const std::function<MadePicture(const std::string&, const FaceProgress&)>& make) {
    try {
      if (!places.try_acquire()) {
        response.set_header("Retry-After", "5");
        throw Refused(503, "other pictures are being worked on", "try again in some seconds");
      }
      const struct Leave {
        std::counting_semaphore<kMostPictures>& places;
        ~Leave() { places.release(); }
      } leave{places};
      const std::string bytes = read_body(read, limits.bytes());
      const auto begun = Clock::now();
      MadePicture made;
      line.run([&] {
        const FaceProgress progress = clock();
        progress(0, 0);
        made = make(bytes, progress);
      });
      made.report["seconds"] = std::chrono::duration<double>(Clock::now() - begun).count();
      response.set_header("Bauta-Report", dumped(made.report));
      response.set_content(std::move(made.png), "image/png");
    } catch (const Refused& why) {
      refuse(response, why);
    } catch (const std::exception& error) {
      refuse(response, Refused(500, error.what(), "report this, please"));
    }
  }

  void add_routes();
};

void PageServer::State::add_routes() {
  const bool loopback = is_loopback(address);
  server.set_pre_routing_handler([loopback](const Request& request, Response& response) {
    try {
      require_plain_request(request, loopback);
      return httplib::Server::HandlerResponse::Unhandled;
    } catch (const Refused& why) {
      if (why.status() == 405) response.set_header("Allow", kAddresses.at(request.path).method);
      refuse(response, why);
      return httplib::Server::HandlerResponse::Handled;
    }
  });
  // What cpp-httplib refuses by itself: requests that are none, lines too long.
  server.set_error_handler([](const Request&, Response& response) {
    if (response.body.empty())
      refuse(response, Refused(response.status, "the request cannot be understood", "use the page at /"));
  });
  server.Get("/", [](const Request&, Response& response) { send_page(response); });
  server.Get("/facts", [this](const Request&, Response& response) {
    response.set_content(dumped(work.facts()), "application/json");
  });
  server.Post("/key", [](const Request& request, Response& response, const ContentReader& read) {
    try {
      if (request.has_header("Content-Length")) read_body(read, 0);  // or else there is none
      const SecretKey key = SecretKey::generate();
      const SecretBytes text = key_text(kSecretKeyKind, key.bytes());
      response.set_content(dumped({{"key", text.text().substr(0, text.text().find('\n'))},
                                   {"fingerprint", key.fingerprint()}}),
                           "application/json");
    } catch (const Refused& why) {
      refuse(response, why);
    }
  });
  server.Post("/deid", [this](const Request& request, Response& response, const ContentReader& read) {
    answer(response, read, [&](const std::string& picture, const FaceProgress& progress) {
      return work.hide(picture, hiding_in(request), progress);
    });
  });
  server.Post("/reid", [this](const Request& request, Response& response, const ContentReader& read) {
    answer(response, read, [&](const std::string& picture, const FaceProgress& progress) {
      return work.restore(picture, opener_in(request), progress);
    });
  });
}

PageServer::PageServer(const PictureWork& work, const PictureLimits& limits, const std::string& address,
                       int port, int threads)
    : state_(std::make_unique<State>(work, limits, address, threads)) {
  httplib::Server& server = state_->server;
  server.new_task_queue = [] { return new httplib::ThreadPool(kConnections); };
  server.set_socket_options(set_socket_options);
  server.set_keep_alive_max_count(1);  // what is refused may have a body, which is not read
  server.set_read_timeout(5);
  server.set_write_timeout(30);
  server.set_default_headers({{"Cache-Control", "no-store"},
                              {"X-Content-Type-Options", "nosniff"},
                              {"Referrer-Policy", "no-referrer"},
                              {"Cross-Origin-Resource-Policy", "same-origin"},
                              {"Cross-Origin-Opener-Policy", "same-origin"}});
  state_->add_routes();
  const int bound = port == 0                            ? server.bind_to_any_port(address)
                    : server.bind_to_port(address, port) ? port
                                                         : -1;
  if (bound <= 0)
    throw std::runtime_error(
        address + ":" + std::to_string(port) +
        ": cannot be listened to; it may be in use or not this machine's: pass another --port "
        "(0: any free one) or --address");
  state_->port = bound;
}

PageServer::~PageServer() = default;

int PageServer::port() const { return state_->port; }

std::string PageServer::url() const {
  const bool v6 = state_->address.find(':') != std::string::npos;
  return "http://" + (v6 ? "[" + state_->address + "]" : state_->address) + ":" +
         std::to_string(state_->port) + "/";
}

void PageServer::serve() {
  if (!state_->server.listen_after_bind() && !state_->stopping)
    throw std::runtime_error(url() + ": can no longer be listened to; start bauta serve again");
}

void PageServer::stop() {
  state_->stopping = true;
  state_->server.stop();
}

}  // namespace bauta
