#include "cyclegan/keyed/region_codec.h"

#include <algorithm>
#include <span>
#include <stdexcept>

#include "cyclegan/keyed/companding.h"
#include "cyclegan/keyed/digits.h"
#include "io/codec_error.h"
#include "io/webp_codec.h"

namespace bauta {
namespace {

using Digits = std::vector<std::uint8_t>;

constexpr std::string_view kRegionContext = "bauta keyed region 1";
constexpr std::size_t kHeadBytes = 1 + 4 * sizeof(std::uint32_t);

// Where the parts of a region begin, in samples.
struct Layout {
  std::size_t tag, head, body;

  explicit Layout(const Lattice& lattice)
      : tag(digits_for(PictureCipher::kNonceBytes, lattice.values())),
        head(tag + digits_for(PictureCipher::kTagBytes, lattice.values())),
        body(head + digits_for(kHeadBytes, lattice.values())) {}
};

void append_number(std::string& bytes, std::uint32_t number) {
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<char>(number >> shift & 0xff));
}

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i)
    number |= std::uint32_t{static_cast<std::uint8_t>(bytes[at + i])} << 8 * i;
  return number;
}

std::string head_bytes(const RegionHead& head) {
  std::string bytes(1, static_cast<char>(head.code));
  for (const int side : {head.width, head.height, head.block})
    append_number(bytes, static_cast<std::uint32_t>(side));
  append_number(bytes, head.body_bytes);
  return bytes;
}

std::optional<RegionHead> parse_head(std::span<const std::uint8_t> digits, const Lattice& lattice) {
  const auto bytes = from_digits(digits, kHeadBytes, lattice.values());
  if (!bytes) return {};
  RegionHead head{static_cast<ResidualCode>((*bytes)[0])};
  if (head.code != ResidualCode::Exact && head.code != ResidualCode::Companded &&
      head.code != ResidualCode::Network)
    return {};
  int* const sides[] = {&head.width, &head.height, &head.block};
  for (std::size_t i = 0; i < std::size(sides); ++i) {
    const std::uint32_t side = number_at(*bytes, 1 + 4 * i);
    if (side < 1 || side > kMaxPixels) return {};
    *sides[i] = static_cast<int>(side);
  }
  head.body_bytes = number_at(*bytes, kHeadBytes - 4);
  return head;
}

std::size_t salt_digit_count(const Lattice& lattice) {
  return digits_for(SecretKey::kSaltBytes, lattice.values());
}

void draw(std::span<std::uint8_t> digits, int values) {
  std::ranges::generate(digits, [=] { return static_cast<std::uint8_t>(random_digit(values)); });
}

RegionNonce nonce_from(std::span<const std::uint8_t> levels, const Lattice& lattice) {
  Digits digits(levels.begin(), levels.begin() + static_cast<std::ptrdiff_t>(Layout(lattice).tag));
  for (std::uint8_t& digit : digits) digit = static_cast<std::uint8_t>(digit % lattice.values());
  return {nonce_of(digits), salt_of(std::span(digits).first(salt_digit_count(lattice)))};
}

// From the tag on; `levels` may be only the first of a region.
Digits deciphered(std::span<const std::uint8_t> levels, const Lattice& lattice, PictureCipher& cipher) {
  Digits digits(levels.size());
  for (std::size_t i = Layout(lattice).tag; i < levels.size(); ++i)
    digits[i] = static_cast<std::uint8_t>(decipher(levels[i], cipher.next_digit(lattice.values()), lattice));
  return digits;
}

PictureCipher::Tag region_tag(const Image& region, const Lattice& lattice, const PictureCipher& cipher) {
  const Layout layout(lattice);
  std::string covered;
  covered.reserve(region.pixels.size() + 3 * sizeof(std::uint32_t));
  for (const int number : {lattice.k(), region.width, region.height})
    append_number(covered, static_cast<std::uint32_t>(number));
  const std::size_t start = covered.size();
  covered.append(region.pixels.begin(), region.pixels.end());
  // Of the tag's own samples, their cells: a level moved to another cell would still hold the tag's digit.
  for (std::size_t i = layout.tag; i < layout.head; ++i)
    covered[start + i] = static_cast<char>(lattice.cell_of(region.pixels[i]) * lattice.values());
  return cipher.tag(std::as_bytes(std::span(covered)));
}

bool has_tag(const Image& region, std::span<const std::uint8_t> digits, const Lattice& lattice,
             const PictureCipher& cipher) {
  const auto bytes =
      from_digits(digits.subspan(Layout(lattice).tag), PictureCipher::kTagBytes, lattice.values());
  if (!bytes) return false;
  PictureCipher::Tag tag{};
  std::ranges::copy(std::as_bytes(std::span(*bytes)), tag.begin());
  return equal(tag, region_tag(region, lattice, cipher));
}

// Whether most of the head is this: under another key one digit in Q is.
bool resembles(std::span<const std::uint8_t> digits, const RegionHead& head, const Lattice& lattice) {
  const Digits expected = to_digits(head_bytes(head), lattice.values());
  const auto equal_digits = std::ranges::count_if(
      expected, [&, i = std::size_t{0}](int digit) mutable { return digits[i++] == digit; });
  return static_cast<std::size_t>(equal_digits) * 4 > expected.size() * 3;
}

// What the digits say on the cells that the region shows, by companding or by the Re-ID network.
Image read_code(const Image& region, Digits digits, int block, const Lattice& lattice,
                const CodeNetworks* networks) {
  const Digits cells = read_cells(region, block, lattice);
  const std::size_t row = 3 * static_cast<std::size_t>(region.width), body = Layout(lattice).body;
  std::fill_n(digits.begin(), body, static_cast<std::uint8_t>(lattice.k()));
  Image levels = region;
  for (std::size_t i = 0; i < digits.size(); ++i)
    levels.pixels[i] = static_cast<std::uint8_t>(encipher(cells[i], digits[i], 0, lattice));
  Image original = networks ? networks->read(levels) : expanded(levels, lattice);
  // The pixels that nonce, tag and head took look like the nearest below them.
  for (std::size_t i = body; i-- > 0;)
    if (i + row < original.pixels.size()) original.pixels[i] = original.pixels[i + row];
  return original;
}

std::optional<Image> decoded(const Image& region, std::span<const std::uint8_t> body, std::size_t bytes,
                             const Lattice& lattice) {
  const auto webp = from_digits(body, bytes, lattice.values());
  if (!webp) return {};
  try {
    return decode_webp(*webp, {region.width, region.height});
  } catch (const CodecError&) {
    return {};
  }
}

// The code of each sample, plus k.
Digits code_digits(const Image& levels, const Lattice& lattice) {
  Digits digits = levels.pixels;
  for (std::uint8_t& digit : digits) digit = static_cast<std::uint8_t>(digit % lattice.values());
  return digits;
}

RegionHead head_of(const Image& region, int block, const RegionBody& body) {
  RegionHead head{code_of(body), region.width, region.height, block, 0};
  if (const auto* exact = std::get_if<ExactBody>(&body))
    head.body_bytes = static_cast<std::uint32_t>(exact->webp.size());
  if (const auto* by_network = std::get_if<NetworkBody>(&body)) head.body_bytes = by_network->networks;
  return head;
}

}  // namespace

Image companded_levels(const Image& region, const Digits& cells, const Lattice& lattice) {
  Image levels = region;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const int centre = lattice.centre(cells[i]);
    levels.pixels[i] = static_cast<std::uint8_t>(centre + compand(region.pixels[i] - centre, lattice.k()));
  }
  return levels;
}

Image expanded(const Image& levels, const Lattice& lattice) {
  Image region = levels;
  for (std::uint8_t& level : region.pixels) {
    const int centre = lattice.centre(lattice.cell_of(level));
    level = static_cast<std::uint8_t>(std::clamp(centre + expand(level - centre, lattice.k()), 0, 255));
  }
  return region;
}

int encipher(int cell, int digit, int s, const Lattice& lattice) {
  return cell * lattice.values() + (digit + s) % lattice.values();
}

int decipher(int level, int s, const Lattice& lattice) {
  const int values = lattice.values();
  return (level % values - s + values) % values;
}

std::size_t head_samples(const Lattice& lattice) { return Layout(lattice).body; }

bool holds(ImageSize region, std::size_t body_bytes, const Lattice& lattice) {
  const auto samples = 3 * static_cast<std::size_t>(region.width) * static_cast<std::size_t>(region.height);
  return Layout(lattice).body + digits_for(body_bytes, lattice.values()) <= samples;
}

SecretKey region_key(const SecretKey& key, const PictureCipher::Nonce& nonce) {
  return key.derive(kRegionContext, nonce);
}

ResidualCode code_of(const RegionBody& body) {
  if (std::holds_alternative<ExactBody>(body)) return ResidualCode::Exact;
  return std::holds_alternative<NetworkBody>(body) ? ResidualCode::Network : ResidualCode::Companded;
}

std::vector<std::uint8_t> draw_salt_digits(const Lattice& lattice) {
  Digits digits(salt_digit_count(lattice));
  draw(digits, lattice.values());
  return digits;
}

HiddenRegion hide_region(const Image& region, const std::vector<std::uint8_t>& cells, int block,
                         const Lattice& lattice, const RegionBody& body, const SecretKey& key,
                         std::span<const std::uint8_t> salt_digits) {
  const auto* exact = std::get_if<ExactBody>(&body);
  const auto* by_network = std::get_if<NetworkBody>(&body);
  if (!holds({region.width, region.height}, exact ? exact->webp.size() : 1, lattice) ||
      cells.size() != region.pixels.size() ||
      (by_network && !lies_in_cells(by_network->levels, cells, lattice)))
    throw std::invalid_argument(
        "hide_region: a region without room for what restoring needs, or other cells");
  const Layout layout(lattice);
  const int values = lattice.values();
  Digits digits(region.pixels.size());
  if (!exact)
    digits = code_digits(by_network ? by_network->levels : companded_levels(region, cells, lattice), lattice);
  draw(std::span(digits).first(layout.tag), values);
  std::ranges::copy(salt_digits, digits.begin());
  const auto nonce = nonce_of(std::span(digits).first(layout.tag));
  const auto put = [&digits, values](std::string_view bytes, std::size_t at) {
    std::ranges::copy(to_digits(bytes, values), digits.begin() + static_cast<std::ptrdiff_t>(at));
  };
  put(head_bytes(head_of(region, block, body)), layout.head);
  if (exact) put(exact->webp, layout.body);

  HiddenRegion hidden{region, region_key(key, nonce)};
  PictureCipher cipher(hidden.key, nonce);
  Digits keystream(digits.size());  // the nonce is added nothing
  std::generate(keystream.begin() + static_cast<std::ptrdiff_t>(layout.tag), keystream.end(),
                [&] { return static_cast<std::uint8_t>(cipher.next_digit(values)); });
  const auto write = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i)
      hidden.pixels.pixels[i] =
          static_cast<std::uint8_t>(encipher(cells[i], digits[i], keystream[i], lattice));
  };
  write(0, digits.size());
  const PictureCipher::Tag tag = region_tag(hidden.pixels, lattice, cipher);
  put({reinterpret_cast<const char*>(tag.data()), tag.size()}, layout.tag);
  write(layout.tag, layout.head);
  return hidden;
}

OpenedRegion open_region(const Image& region, int block, const Lattice& lattice, const RegionKeys& keys,
                         bool force_damaged, const CodeNetworks* networks) {
  const Layout layout(lattice);
  OpenedRegion opened;
  if (region.pixels.size() <= layout.body) return opened;
  const RegionNonce nonce = nonce_from(region.pixels, lattice);
  const auto key = keys(nonce);
  if (!key) return opened;
  PictureCipher cipher(*key, nonce.nonce);
  const Digits digits = deciphered(region.pixels, lattice, cipher);
  const auto head_digits = std::span(digits).subspan(layout.head);
  const auto head = parse_head(head_digits, lattice);
  const bool head_fits = head && head->width == region.width && head->height == region.height;
  const bool intact = has_tag(region, digits, lattice, cipher) && head_fits;
  if (intact) {
    opened = {RegionState::Intact, head->code, {}};
    if (head->code == ResidualCode::Companded) {
      opened.original = read_code(region, digits, head->block, lattice, nullptr);
    } else if (head->code == ResidualCode::Network) {
      if (networks && networks->identity == head->body_bytes)
        opened.original = read_code(region, digits, head->block, lattice, networks);
    } else {
      opened.original = decoded(region, std::span(digits).subspan(layout.body), head->body_bytes, lattice);
      // What cannot be, as the tag holds: treated as any other change.
      if (!opened.original) opened.state = RegionState::Changed;
    }
    return opened;
  }
  const RegionHead companded{ResidualCode::Companded, region.width, region.height, block, 0};
  RegionHead by_networks{ResidualCode::Network, region.width, region.height, block, 0};
  if (networks) by_networks.body_bytes = networks->identity;
  if (resembles(head_digits, companded, lattice)) {
    opened = {RegionState::Changed, ResidualCode::Companded, {}};
    if (force_damaged) opened.original = read_code(region, digits, block, lattice, nullptr);
  } else if (networks && resembles(head_digits, by_networks, lattice)) {
    opened = {RegionState::Changed, ResidualCode::Network, {}};
    if (force_damaged) opened.original = read_code(region, digits, block, lattice, networks);
  } else if (head_fits) {
    opened = {RegionState::Changed, head->code, {}};
  }
  return opened;
}

std::optional<RegionHead> read_head(const std::vector<std::uint8_t>& first_levels, const Lattice& lattice,
                                    const RegionKeys& keys) {
  const Layout layout(lattice);
  if (first_levels.size() < layout.body) return {};
  const RegionNonce nonce = nonce_from(first_levels, lattice);
  const auto key = keys(nonce);
  if (!key) return {};
  PictureCipher cipher(*key, nonce.nonce);
  const Digits digits = deciphered(std::span(first_levels).first(layout.body), lattice, cipher);
  return parse_head(std::span(digits).subspan(layout.head), lattice);
}

}  // namespace bauta
