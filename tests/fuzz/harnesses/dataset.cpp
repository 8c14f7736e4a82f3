// dataset.json beside two pictures.
#include "io/dataset.h"

#include <fstream>

#include "io/image.h"
#include "tests/fuzz/harness.h"
#include "tests/io/temporary_folder.h"

using namespace bauta;

namespace {

struct Folder : TemporaryFolder {
  Folder() {
    for (const char* part : {"clear", "mosaic"}) {
      std::filesystem::create_directory(*this / part);
      for (const char* name : {"a.png", "b.png"}) write_png(*this / part / name, blank_image(8, 8));
    }
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Folder folder;
  std::ofstream(folder / "dataset.json", std::ios::binary) << fuzz::text_of(data, size);
  fuzz::accepts([&] {
    const Dataset dataset = load_dataset(folder.path());
    fuzz::require(!dataset.entries.empty() && dataset.clear_files.size() == dataset.entries.size(),
                  "a file for each entry");
    for (const auto& files : {dataset.clear_files, dataset.mosaic_files})
      for (const auto& file : files)
        fuzz::require(file.parent_path().parent_path() == folder.path(), "pictures lie in the folder");
  });
  return 0;
}
