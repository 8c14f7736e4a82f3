#include "apps/contact_sheet.h"

#include <algorithm>

#include "cyclegan/report/text.h"
#include "io/file_error.h"
#include "io/jpeg_codec.h"

namespace bauta {
namespace {

constexpr int kQuality = 80;

constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --paper: #fff; --ink: #1c1c1c; --faint: #6b6b6b; --cell: #f1f1ef; --bad: #b3261e }
@media (prefers-color-scheme: dark) { :root { --paper: #161616; --ink: #e8e8e8; --faint: #9a9a9a; --cell: #242424; --bad: #ff8a80 } }
body { margin: 1.5rem; background: var(--paper); color: var(--ink); font: 15px/1.4 system-ui, sans-serif }
h1 { font-size: 1.25rem; margin: 0 0 .25rem } p, nav { color: var(--faint); margin: 0 0 1rem } nav a { margin-right: 1rem; color: inherit }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(190px, 1fr)); gap: 10px }
figure { margin: 0; padding: 7px; background: var(--cell); border-radius: 4px; display: flex; flex-direction: column }
figure div { height: 176px; display: flex; align-items: center; justify-content: center; color: var(--faint) }
figcaption { font-size: 12px; overflow-wrap: anywhere; margin-top: 5px } figcaption small { display: block; color: var(--faint) }
.stopped { color: var(--bad) }
)";

}  // namespace

ContactSheet::ContactSheet(std::filesystem::path path, bool overwrite, std::size_t files, std::string title)
    : path_(std::move(path)), overwrite_(overwrite), files_(files), title_(std::move(title)) {
  if (path_.extension() != ".html")
    throw FileError(path_, "is no name of a page", "call the sheet FILE.html");
  if (overwrite_) return;
  for (std::size_t page = 0; page * kPerPage < files_; ++page) require_absent(page_path(page));
}

std::string ContactSheet::thumbnail(const Image& picture) {
  const int longer = std::max(picture.width, picture.height);
  if (longer <= kThumbnailSide) return encode_jpeg(picture, kQuality);
  const auto scaled = [longer](int side) {
    return std::max(1, static_cast<int>(static_cast<std::int64_t>(side) * kThumbnailSide / longer));
  };
  return encode_jpeg(resize(picture, scaled(picture.width), scaled(picture.height)), kQuality);
}

std::filesystem::path ContactSheet::page_path(std::size_t page) const {
  if (page == 0) return path_;
  auto path = path_;
  return path.replace_filename(path_.stem().string() + "-" + std::to_string(page + 1) + ".html");
}

void ContactSheet::begin_page() {
  page_number_ = added_ / kPerPage;
  page_.emplace(page_path(page_number_), overwrite_);
  const std::string last = std::to_string(std::min(files_, added_ + kPerPage));
  page_->write(
      joined({"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
              "<meta name=\"viewport\" content=\"width=device-width\"><title>",
              escape_markup(title_), "</title><style>", kStyle, "</style></head>\n<body><h1>",
              escape_markup(title_), "</h1><p>", std::to_string(added_ + 1), " to ", last, " of ",
              std::to_string(files_), "</p>\n<main>\n"}));
}

void ContactSheet::add(const std::string& name, const std::string& thumbnail, const std::string& note) {
  if (!page_) begin_page();
  const std::string picture = thumbnail.empty()
                                  ? std::string("nothing written")
                                  : joined({"<img loading=\"lazy\" alt=\"\" src=\"data:image/jpeg;base64,",
                                            base64(thumbnail), "\">"});
  page_->write(joined({"<figure><div>", picture, "</div><figcaption>", escape_markup(name), "<small>",
                       escape_markup(note), "</small></figcaption></figure>\n"}));
  ++added_;
  if (added_ % kPerPage == 0 && added_ < files_) end_page(true, "");
}

void ContactSheet::end_page(bool more, const std::string& stopped) {
  const std::size_t page = page_number_;
  std::string links;
  const auto link = [&](std::size_t to, const char* text) {
    links += joined({"<a href=\"", escape_markup(page_path(to).filename().string()), "\">", text, "</a>"});
  };
  if (page > 0) link(page - 1, "earlier");
  if (more) link(page + 1, "later");
  page_->write(joined({"</main>\n", stopped.empty() ? "" : "<p class=\"stopped\">", escape_markup(stopped),
                       stopped.empty() ? "" : "</p>", "<nav>", links, "</nav></body></html>\n"}));
  page_->commit();
  page_.reset();
}

void ContactSheet::finish(const std::string& stopped) {
  // Stopped between two pages: the one before leads to the next.
  if (!stopped.empty() && added_ > 0 && !page_) begin_page();
  if (!page_) return;
  end_page(false, stopped);
}

}  // namespace bauta
