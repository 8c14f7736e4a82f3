// Arguments of the C API: numbers at their limits, structures of other sizes, texts of any bytes. Buffers are
// as large as bauta.h asks for and not a byte more, which the address sanitizer sees; whatever comes back is
// a status, and after a failure the output is as it was.
#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <vector>

#include "bauta.h"
#include "tests/fuzz/harness.h"

namespace {

// What is left of the input, taken a bit at a time; zeros at its end.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : bytes_(data, size) {}

  std::uint8_t byte() {
    if (bytes_.empty()) return 0;
    const std::uint8_t first = bytes_[0];
    bytes_ = bytes_.subspan(1);
    return first;
  }
  std::int32_t number() {
    static constexpr std::int32_t kLimits[] = {
        0,         1,        -1, 2, 4, 15, 16, 17, 100, 1000, 65535, 65536, 100'000'000, INT32_MAX - 1,
        INT32_MAX, INT32_MIN};
    const std::uint8_t how = byte();
    if (how < 128) return how - 16;  // mostly what can be meant
    return kLimits[how % std::size(kLimits)];
  }
  std::string text() {
    const std::size_t wanted = byte(), length = std::min(wanted, bytes_.size());
    std::string taken(reinterpret_cast<const char*>(bytes_.data()), length);
    bytes_ = bytes_.subspan(length);
    return taken;
  }
  std::string rest() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }

 private:
  std::span<const std::uint8_t> bytes_;
};

using bauta::fuzz::require;

void require_status(bauta_status status) {
  require(status >= BAUTA_OK && status <= BAUTA_NOT_HIDDEN, "a status of bauta.h");
  if (status != BAUTA_OK) require(bauta_last_error()[0] != '\0', "a failure has a message");
}

struct FreeKey {
  void operator()(bauta_key* key) const { bauta_key_free(key); }
};
struct FreeResult {
  void operator()(bauta_result* result) const { bauta_result_free(result); }
};
using Key = std::unique_ptr<bauta_key, FreeKey>;
using Result = std::unique_ptr<bauta_result, FreeResult>;

const bauta_key* some_key(std::uint8_t which) {
  static const Key secret = [] {
    bauta_key* key = nullptr;
    require_status(bauta_key_generate(&key));
    return Key(key);
  }();
  static const Key other = [] {
    bauta_key* key = nullptr;
    require_status(bauta_key_generate_private(&key));
    return Key(key);
  }();
  static const Key open = [] {
    bauta_key* key = nullptr;
    require_status(bauta_key_public(other.get(), &key));
    return Key(key);
  }();
  const bauta_key* const keys[] = {secret.get(), nullptr, other.get(), open.get()};
  return keys[which % 4];
}

void use_keys(Input& input) {
  const std::string text = input.text();
  bauta_key* key = nullptr;
  require_status(bauta_key_from_text(text.c_str(), &key));
  const Key owner(key);
  std::vector<char> buffer(input.byte());
  require_status(bauta_key_text(key ? key : some_key(input.byte()), buffer.data(), buffer.size()));
  require_status(bauta_key_fingerprint(key ? key : some_key(input.byte()), buffer.data(), buffer.size()));
  bauta_key* derived = nullptr;
  require_status(bauta_key_public(some_key(input.byte()), &derived));
  bauta_key_free(derived);
}

// A picture whose buffer ends with its last row.
struct Picture {
  std::vector<std::uint8_t> pixels;
  bauta_picture view{};
};

Picture picture_of(Input& input) {
  Picture picture;
  const std::int32_t width = 1 + input.byte() % 64, height = 1 + input.byte() % 64;
  const std::size_t stride = 3 * static_cast<std::size_t>(width) + input.byte() % 3;
  picture.pixels.resize(stride * static_cast<std::size_t>(height - 1) + 3 * static_cast<std::size_t>(width));
  for (std::size_t i = 0; i < picture.pixels.size(); ++i)
    picture.pixels[i] = static_cast<std::uint8_t>(60 + i * 7 % 101);
  picture.view = {picture.pixels.data(), width, height, stride};
  switch (input.byte() % 16) {  // now and then a mistake
    case 0:
      picture.view.width = std::min(input.number(), 0);
      break;
    case 1:
      picture.view.height = std::min(input.number(), 0);
      break;
    case 2:
      picture.view.pixels = nullptr;
      break;
    case 3:
      picture.view.stride = input.byte() % 3;  // less than a row, but for 0
      if (picture.view.stride == 0) picture.view.stride = 1;
      break;
    case 4:
      picture.view.width = INT32_MAX;
      picture.view.height = INT32_MAX;
      picture.view.stride = 0;
      break;
    default:
      break;
  }
  return picture;
}

std::int32_t stop_at_once(void*, std::size_t, std::size_t) { return 1; }

void hide_and_restore(Input& input) {
  const Picture picture = picture_of(input);
  // A caller of a later libbauta has more fields: their bytes are there, whatever struct_size says.
  struct {
    bauta_deid_options known = BAUTA_DEID_OPTIONS_INIT;
    std::array<std::uint8_t, 256> later{};
  } given;
  bauta_deid_options& options = given.known;
  const std::uint8_t size = input.byte();
  if (size % 16 == 0) options.struct_size = size;
  options.mode = input.number() % 5;
  if (options.mode == BAUTA_OPEN) options.mode = BAUTA_KEYED;  // networks have tests of their own
  options.blocks = input.number();
  options.cover = input.number() % 3;
  options.code = input.number() % 4;
  options.residual_levels = input.number();
  options.key = some_key(input.byte());
  std::vector<const bauta_key*> recipients(input.byte() % 3);
  for (auto& recipient : recipients) recipient = some_key(input.byte());
  options.recipients = recipients.data();
  options.recipient_count = recipients.size();
  std::vector<bauta_box> boxes(input.byte() % 4);
  for (bauta_box& box : boxes) box = {input.number(), input.number(), input.number(), input.number()};
  options.boxes = boxes.data();
  options.box_count = boxes.size();
  if (input.byte() % 16 == 0) options.progress = stop_at_once;

  std::vector<std::uint8_t> out(picture.pixels.size(), 0xa5);
  const std::vector<std::uint8_t> before = out;
  bauta_result* made = nullptr;
  const bauta_status hidden =
      bauta_deidentify(nullptr, nullptr, &options, &picture.view, out.data(), picture.view.stride, &made);
  require_status(hidden);
  const Result result(made);
  require((hidden == BAUTA_OK) == (made != nullptr), "a result where it went well, and none otherwise");
  if (hidden != BAUTA_OK) require(out == before, "after a failure the output is as it was");
  for (std::size_t i = 0; i <= bauta_result_count(made) && made; ++i) {
    bauta_region region = BAUTA_REGION_INIT;
    require((bauta_result_region(made, i, &region) == BAUTA_OK) == (i < bauta_result_count(made)),
            "the regions that there are");
    require(region.written >= BAUTA_AS_ASKED && region.written <= BAUTA_COARSER &&
                region.identity == BAUTA_IDENTITY_UNCHECKED,
            "how it was hidden, and that nobody looked whether it is recognized");
  }

  std::string record = made ? bauta_result_record(made) : "";
  const std::uint8_t how = input.byte();
  if (how % 4 == 1) record = input.rest();
  if (how % 4 == 2 && !record.empty()) record[input.byte() % record.size()] = static_cast<char>(input.byte());
  bauta_restore_options restoring = BAUTA_RESTORE_OPTIONS_INIT;
  restoring.key = some_key(input.byte());
  restoring.force_damaged = input.byte() % 2;
  bauta_picture published = picture.view;
  if (hidden == BAUTA_OK) published.pixels = out.data();
  std::vector<std::uint8_t> restored(picture.pixels.size(), 0xa5);
  bauta_result* back = nullptr;
  const bauta_status came_back =
      bauta_restore(nullptr, &restoring, &published, how % 4 == 3 ? nullptr : record.c_str(), restored.data(),
                    published.stride, &back);
  require_status(came_back);
  bauta_result_free(back);
  if (came_back != BAUTA_OK) require(restored == before, "after a failure the output is as it was");
  if (hidden == BAUTA_OK && options.mode == BAUTA_KEYED && how % 4 == 0 && restoring.key == options.key &&
      options.key == some_key(0))
    require(came_back == BAUTA_OK, "what was hidden under a key comes back under it");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  if (input.byte() % 4 == 0)
    use_keys(input);
  else
    hide_and_restore(input);
  return 0;
}
