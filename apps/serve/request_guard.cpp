#include "apps/serve/request_guard.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include "apps/serve/refused.h"

namespace bauta {
namespace {

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool is_port(const std::string& text) {
  return !text.empty() && text.size() <= 5 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// "localhost:8000" -> "localhost", "[::1]" -> "::1"; nothing where it is malformed.
std::optional<std::string> name_in(const std::string& host) {
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    if (end == host.npos) return {};
    const std::string rest = host.substr(end + 1);
    if (!rest.empty() && !(rest[0] == ':' && is_port(rest.substr(1)))) return {};
    return host.substr(1, end - 1);
  }
  const auto colon = host.find(':');
  if (colon == host.npos) return host;
  if (!is_port(host.substr(colon + 1))) return {};
  return host.substr(0, colon);
}

bool is_address(const std::string& name) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(AF_INET, name.c_str(), bytes) == 1 || inet_pton(AF_INET6, name.c_str(), bytes) == 1;
}

}  // namespace

bool is_loopback(const std::string& address) {
  if (address == "localhost") return true;
  in_addr v4{};
  if (inet_pton(AF_INET, address.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return inet_pton(AF_INET6, address.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

void require_own_page(const Asker& asker, bool loopback) {
  const std::string host = lower(asker.host);
  const std::optional<std::string> name = name_in(host);
  const bool known = name && (loopback ? is_loopback(*name) : *name == "localhost" || is_address(*name));
  if (!known)
    throw Refused(403, "this server does not answer to that name",
                  "open the address that bauta serve has printed");
  const bool own_origin = asker.origin.empty() || lower(asker.origin) == "http://" + host;
  const bool own_site =
      asker.fetch_site.empty() || asker.fetch_site == "same-origin" || asker.fetch_site == "none";
  if (!own_origin || !own_site)
    throw Refused(403, "this was asked for by a page of another site",
                  "open the address that bauta serve has printed");
}

}  // namespace bauta
