#include "apps/folder_run.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "apps/interruption.h"
#include "io/atomic_file.h"
#include "io/file_error.h"

namespace bauta {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

void remove_all(const std::vector<fs::path>& paths) {
  std::error_code error;
  for (const fs::path& path : paths) fs::remove(path, error);
}

std::vector<fs::path> paths_of(const fs::path& output, const std::vector<std::string>& endings) {
  std::vector<fs::path> paths;
  for (const std::string& ending : endings) paths.push_back(fs::path(output).replace_extension(ending));
  return paths;
}

}  // namespace

std::optional<Shard> parse_shard(const std::string& text) {
  Shard shard;
  const char* const end = text.data() + text.size();
  const auto [slash, bad_number] = std::from_chars(text.data(), end, shard.number);
  if (bad_number == std::errc() && slash != end && *slash == '/') {
    const auto [last, bad_count] = std::from_chars(slash + 1, end, shard.count);
    if (bad_count == std::errc() && last == end && shard.number >= 1 && shard.number <= shard.count)
      return shard;
  }
  return {};
}

void add_folder_run_options(CLI::App& command, FolderRunOptions& options, bool of_deid) {
  command.add_option("--report", options.report,
                     "what became of each file, as FILE.json or FILE.csv; also of a run that is interrupted");
  if (of_deid)
    command.add_option("--sheet", options.sheet,
                       "what was written, small, on pages for a browser: FILE.html, FILE-2.html, ...");
  command.add_flag("--resume", options.resume,
                   "do only what is missing or changed since earlier runs with --resume; keeps hashes in the "
                   "folder .bauta in --out");
  command.add_option("--shard", options.shard, "of the pictures do the part i of n, as i/n")
      ->check([](const std::string& text) -> std::string {
        return parse_shard(text) ? "" : text + " is no part of a whole; write 1/8 to 8/8 for the eight parts";
      });
  command.add_flag("--fail-fast", options.fail_fast, "the first problem ends the run");
}

// ---- one picture

// With --resume: whether it was done, with this input and these settings, and what was written is there.
// What was made of another input or otherwise is taken away.
bool RunFile::is_done(const ordered_json& settings) {
  overwrite_ = run_.files_.force;
  if (!run_.journal_) return false;
  const Journal& journal = *run_.journal_;
  const fs::path& output = report.job().output;
  input_ = journal.hash_of_files({report.job().input});
  settings_ = journal.hash_of(run_.settings_ + dumped(settings));
  const std::vector<Journal::Entry> entries = journal.entries(output.stem().string());
  std::error_code error;
  for (const Journal::Entry& entry : entries) {
    if (entry.input != input_ || entry.settings != settings_) continue;
    const std::vector<fs::path> paths = paths_of(output, entry.files);
    if (paths.empty() ? fs::exists(output, error) : !std::ranges::all_of(paths, [&](const auto& path) {
          return fs::is_regular_file(path, error);
        }))
      continue;
    if (!paths.empty() && journal.hash_of_files(paths) != entry.output) continue;
    keep(entry);
    return true;
  }
  if (!entries.empty()) {
    overwrite_ = true;
    for (const Journal::Entry& entry : entries) remove_all(paths_of(output, entry.files));
  } else if (!overwrite_ && fs::exists(output, error)) {
    throw FileError(output, "exists, and no run with --resume wrote it", "pass --force to replace it");
  }
  return false;
}

void RunFile::keep(const Journal::Entry& entry) {
  for (const auto& [name, value] : entry.facts.items()) {
    if (name != "problems") {
      report.fact(name, value);
      continue;
    }
    for (const auto& line : value) report.problem(line.get<std::string>());
  }
  report.fact("unchanged", true);
  if (entry.files.empty()) return;
  report.wrote();
  if (run_.sheet_) show(read_image(report.job().output));
}

// The journal tells nobody where the photographs are: its lines are without the input.
void RunFile::note(const std::vector<Content>& files) {
  if (!run_.journal_) return;
  Journal::Entry entry{input_, settings_, {}, "", report.json()};
  ContentHash hash = run_.journal_->hash();
  for (const Content& file : files) {
    entry.files.push_back(file.path.extension().string());
    hash.add(file.bytes);
  }
  entry.output = hash.finish();
  entry.facts.erase("input");
  entry.facts.erase("output");
  if (entry.facts.contains("problems"))
    for (auto& line : entry.facts["problems"])
      line = without_name(line.get<std::string>(), report.job().input);
  run_.journal_->add(report.job().output.stem().string(), entry);
}

void RunFile::write(const std::vector<Content>& files) {
  note(files);
  std::vector<std::unique_ptr<AtomicFile>> written;
  for (const Content& file : files) {
    // What replaces nothing needs no hidden name on its way, which a kill could leave behind.
    std::error_code error;
    const bool replaces = overwrite_ && fs::exists(file.path, error);
    written.push_back(std::make_unique<AtomicFile>(file.path, replaces));
    written.back()->write(file.bytes);
    written.back()->require_written(file.bytes);
  }
  if (files.size() == 2)
    AtomicFile::commit_together(*written[0], *written[1]);
  else
    for (const auto& file : written) file->commit();
  report.wrote();
}

void RunFile::write_nothing() { note({}); }

void RunFile::show(const Image& picture) {
  if (run_.sheet_) report.set_thumbnail(ContactSheet::thumbnail(picture));
}

// ---- all of them

FolderRun::FolderRun(const CommonOptions& common, const FileOptions& files, const FolderRunOptions& options,
                     Problems& problems, Kind kind)
    : common_(common), files_(files), options_(options), problems_(problems), kind_(std::move(kind)) {
  for (const fs::path& told : {options.report, options.sheet})
    for (const auto* read : {&options.read, &files.inputs}) require_apart(told, *read);
  if (options.report.empty()) return;
  require_output_folder(files.out);  // in which it may be
  report_.emplace(options.report, files.force || options.resume, report_of_files());
}

FolderRun::~FolderRun() {
  if (objects_) std::fclose(objects_);
}

int FolderRun::whole(const std::function<void()>& rest) {
  try {
    find_jobs();
    if (jobs_.empty())
      end_report("");
    else
      rest();
  } catch (const std::exception& error) {
    end_report(error.what());
    throw;
  }
  return problems_.exit_code();
}

void FolderRun::find_jobs() {
  const Shard shard = parse_shard(options_.shard).value();
  pictures_ = find_pictures(common_, files_, problems_, &lost_);
  if (shard.number > 1) lost_.clear();  // the first of the parts tells of them
  jobs_ = plan_jobs(pictures_, files_.out, kind_.ending);
  if (options_.fail_fast && problems_.count() > 0) jobs_.clear();
  if (jobs_.empty()) return;
  std::erase_if(jobs_, [&shard](const Job& job) {
    return part_of(job.output.stem().string(), shard.count) != shard.number - 1;
  });
  if (jobs_.empty()) say(common_, "nothing falls to shard " + options_.shard);
}

void FolderRun::end_report(const std::string& why) {
  if (!report_) return;
  if (!report_->begun()) begin_report(ordered_json::object());
  const ordered_json stopped = why.empty() ? ordered_json() : ordered_json(why);
  report_->finish({{"problems", problems_.count() + (why.empty() ? 0 : 1)}, {"stopped", stopped}}, why);
  report_.reset();
}

// Inputs that stand for no picture are told of, too.
void FolderRun::begin_report(const ordered_json& head) {
  ordered_json whole{{"command", kind_.command}};
  if (!head.empty()) whole.update(head);
  report_->begin(whole);
  for (const auto& [input, why] : lost_)
    report_->add({{"input", input.string()}, {"output", nullptr}, {"problems", {why}}});
}

void FolderRun::begin_sheet() {
  sheet_.emplace(options_.sheet, files_.force || options_.resume, lost_.size() + jobs_.size(),
                 "bauta " + kind_.command + ": " + files_.out.filename().string());
  for (const auto& [input, why] : lost_) sheet_->add(input.string(), "", without_name(why, input));
}

void FolderRun::begin(const ordered_json& head, const ordered_json& settings) {
  require_output_folder(files_.out);
  if (report_) begin_report(head);
  if (!options_.sheet.empty()) begin_sheet();
  if (options_.resume) journal_.emplace(files_.out);
  settings_ = dumped(settings);
  if (!common_.json) return;
  objects_ = std::tmpfile();
  if (!objects_)
    throw std::runtime_error(std::string("--json: no file for what is to be told (") + std::strerror(errno) +
                             "); make room in the folder for temporary files");
}

void FolderRun::process(const Workers& workers, const Work& work) {
  const Interruption interruption;
  const auto one = [&](FileReport& report) {
    RunFile file(report, *this);
    if (!file.is_done(work.settings ? work.settings(report.job()) : ordered_json())) work.work(file);
  };
  const auto guarded = [&](FileReport& report) {
    try {
      one(report);
    } catch (...) {
      failed_ = true;
      throw;
    }
    if (report.has_problem()) failed_ = true;
  };
  const auto stop = [this] { return Interruption::asked() || (options_.fail_fast && failed_); };
  // With a journal each file's own turn says what may be overwritten.
  process_files(jobs_, common_, files_.force || options_.resume, problems_, workers,
                {kind_.unit, guarded, [this](const FileReport& report) { count(report); }, stop});
  const std::string stopped = why_stopped();
  if (!stopped.empty()) problems_.report(files_.out.string() + ": " + stopped);
}

void FolderRun::count(const FileReport& report) {
  const ordered_json& facts = report.json();
  const bool written = !facts["output"].is_null();
  const auto faces = facts.value("faces", std::size_t{0});
  ++totals_.done;
  totals_.unchanged += facts.contains("unchanged") ? 1 : 0;
  totals_.written += written ? 1 : 0;
  totals_.faces += written ? faces : 0;
  totals_.regions += written && facts.contains("regions") ? facts["regions"].size() : 0;
  if (report_) report_->add(facts);
  if (sheet_)
    sheet_->add((written ? report.job().output : report.job().input).filename().string(), report.thumbnail(),
                written ? counted(faces, "face")
                : facts.contains("problems")
                    ? without_name(facts["problems"][0].get<std::string>(), report.job().input)
                    : "no face was found");
  if (objects_) {
    const std::string text = (totals_.done > 1 ? "," : "") + dumped(facts);
    std::fwrite(text.data(), 1, text.size(), objects_);
  }
}

std::string FolderRun::unchanged_text() const {
  return totals_.unchanged == 0 ? "" : " (" + std::to_string(totals_.unchanged) + " of them done before)";
}

std::string FolderRun::why_stopped() const {
  if (totals_.done == jobs_.size()) return "";
  const std::string done = "after " + std::to_string(totals_.done) + " of " +
                           counted(jobs_.size(), kind_.unit.substr(0, kind_.unit.size() - 1));
  return Interruption::asked() ? "interrupted " + done + "; run it again for the rest" +
                                     (options_.resume ? "" : ", with --resume next time")
                               : "stopped by --fail-fast " + done + "; right what is wrong and run it again";
}

void FolderRun::finish(ordered_json summary) {
  const std::string stopped = why_stopped();
  summary["stopped"] = stopped.empty() ? ordered_json() : ordered_json(stopped);
  if (sheet_) sheet_->finish(stopped);
  if (report_) report_->finish(summary, stopped);
  report_.reset();
  if (!common_.json) return;
  std::string head = dumped(summary);
  head.pop_back();
  bool good = std::ferror(objects_) == 0 && std::fflush(objects_) == 0;
  good = std::fputs((head + ",\"files\":[").c_str(), stdout) >= 0 && good;
  std::rewind(objects_);
  std::array<char, 1 << 16> piece;
  for (std::size_t size; (size = std::fread(piece.data(), 1, piece.size(), objects_)) > 0;)
    good = std::fwrite(piece.data(), 1, size, stdout) == size && good;
  good = std::fputs("]}\n", stdout) >= 0 && std::fflush(stdout) == 0 && good;
  if (!good)
    throw std::runtime_error(std::string("standard output: cannot be written to (") + std::strerror(errno) +
                             "); send it elsewhere");
}

}  // namespace bauta
