#include "apps/capi/guard.h"

#include <array>
#include <cstdio>
#include <new>
#include <string_view>

#include "cyclegan/anonymizer/restoring.h"
#include "io/file_error.h"
#include "io/opener.h"
#include "kernels/check.h"

namespace bauta::capi {
namespace {

// Fixed, so that there is a message where there is no memory for one.
constexpr std::size_t kMostMessageBytes = 1024;
thread_local std::array<char, kMostMessageBytes> last_message{};

// What the program's options are called in messages, and what they are here.
struct Wording {
  std::string_view program, library;
};
constexpr Wording kWordings[] = {
    {"pass --force to replace it", "set overwrite to replace it"},
    {"pass --force-damaged", "set force_damaged"},
    {"--force-damaged restores", "force_damaged restores"},
    {"name a model's folder with --model, or the folder of models with BAUTA_MODELS",
     "name a model's folder as folder, or the folder of models as models or with BAUTA_MODELS"},
    {"or name the folder of models with BAUTA_MODELS",
     "or name the folder of models as models or with BAUTA_MODELS"},
    {"name the folder of a run of bauta train with --model",
     "name the folder of a run of bauta train as folder"},
    {"name a run of bauta train --channel keyed with --model",
     "name a run of bauta train --channel keyed as folder"},
    {"was written by other networks (--code network)", "was written by other networks (the code network)"},
    {"name the model that it was made with by --model", "pass the model that it was made with"},
    {"with --cascade", "as cascade"},
};

std::string in_words_of_the_library(std::string message) {
  for (const auto& [program, library] : kWordings)
    if (const auto at = message.find(program); at != message.npos)
      message.replace(at, program.size(), library);
  return message;
}

bauta_status fail(bauta_status status, const char* function, const char* what) noexcept {
  std::snprintf(last_message.data(), last_message.size(), "%s: %s", function, what);
  for (char& c : last_message)
    if (c == '\n') c = ' ';
  return status;
}

bauta_status status_of(const std::exception& error) {
  if (const auto* failure = dynamic_cast<const Failure*>(&error)) return failure->status;
  if (dynamic_cast<const CannotOpen*>(&error)) return BAUTA_CANNOT_OPEN;
  if (dynamic_cast<const NotRestorable*>(&error)) return BAUTA_NOT_RESTORABLE;
  if (dynamic_cast<const FileError*>(&error)) return BAUTA_FILE;
  if (dynamic_cast<const OutOfMemory*>(&error)) return BAUTA_NO_MEMORY;
  if (dynamic_cast<const std::bad_alloc*>(&error)) return BAUTA_NO_MEMORY;
  if (dynamic_cast<const std::invalid_argument*>(&error)) return BAUTA_INVALID_ARGUMENT;
  return BAUTA_FAILED;
}

}  // namespace

void refuse(const std::string& what) { throw Failure(BAUTA_INVALID_ARGUMENT, what); }

bauta_status guarded(const char* function, const std::function<void()>& work) noexcept {
  try {
    work();
    return BAUTA_OK;
  } catch (const std::bad_alloc& error) {
    return fail(BAUTA_NO_MEMORY, function, "out of memory; use smaller pictures or fewer threads");
  } catch (const std::exception& error) {
    return fail(status_of(error), function, in_words_of_the_library(error.what()).c_str());
  } catch (...) {
    return fail(BAUTA_FAILED, function, "an error that is none of this library's");
  }
}

}  // namespace bauta::capi

const char* bauta_last_error() noexcept { return bauta::capi::last_message.data(); }
