// bauta video: a video -> the same with its faces covered, or, of a keyed one, with them back.
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "apps/files.h"
#include "apps/interruption.h"
#include "apps/passphrase.h"
#include "apps/video_options.h"
#include "apps/video_restoring.h"
#include "apps/visible_blocks.h"
#include "io/file_error.h"

namespace bauta {
namespace {

using nlohmann::ordered_json;

// Whoever is to be told that standard output is closed can't be killed by it.
void ignore_broken_pipes() { ::signal(SIGPIPE, SIG_IGN); }

void note(const VideoOptions& options, const std::string& what) {
  say(options.common, options.in.string() + ": " + what);
}

void require_lossless_output(const VideoOptions& options) {
  if (is_y4m(options.out))
    throw FileError(options.out, "is y4m, which has no RGB, and a keyed video is one",
                    "name an .mkv file with --out");
  if (options.out.extension() != ".mkv")
    throw FileError(options.out,
                    "holds no lossless video, and what restoring needs lies in the faces' last bits",
                    "name an .mkv file with --out");
  if (!options.wish.codec.empty() && options.wish.codec != "ffv1")
    throw FileError(options.out,
                    "would be " + options.wish.codec +
                        ", which is lossy, and what restoring needs lies in the faces' last bits",
                    "leave --codec out: a keyed video is ffv1");
}

void require_keyed_video(const std::filesystem::path& path, const std::optional<MediaFacts>& facts) {
  if (!facts) throw FileError(path, "is y4m, and a keyed video is RGB in an .mkv file", "name that file");
  if (!may_keep_every_bit(*facts))
    throw FileError(path,
                    "is " + facts->codec + " (" + facts->pixel_format +
                        "), which does not keep every bit: what restoring needs is not in it any more",
                    "take the .mkv file that bauta video --key-file wrote");
}

void require_output_place(const VideoOptions& options) {
  if (is_standard_stream(options.out)) {
    if (isatty(STDOUT_FILENO) == 1)
      throw std::runtime_error(
          "standard output: is a terminal; send the video through a pipe or name a file with --out");
    return;
  }
  require_output(options.in, options.out, options.wish.force, "file");
}

// On processors, of the ffmpegs that have ended.
double seconds_of_children() {
  rusage used{};
  ::getrusage(RUSAGE_CHILDREN, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

ordered_json summary_of(const VideoOptions& options, const VideoFormat& format, const VideoOutcome& outcome,
                        double seconds) {
  return {{"command", "video"},
          {"mode", options.mode()},
          {"input", options.in.string()},
          {"output", nullptr},
          {"picture", {{"width", format.width}, {"height", format.height}}},
          {"frames", outcome.frames},
          {"frames_with_faces", outcome.frames_with_faces},
          {"faces", outcome.faces},
          {"covers", outcome.covers},
          {"covers_found", outcome.found},
          {"seconds", seconds},
          {"frames_per_second", seconds > 0 ? static_cast<double>(outcome.frames) / seconds : 0},
          {"cpu_seconds",
           {{"detecting", outcome.detecting},
            {"checking", outcome.checking},
            {"covering", outcome.covering},
            {"ffmpeg", seconds_of_children()}}},
          {"waiting_seconds", {{"input", outcome.waiting_for_input}, {"output", outcome.waiting_for_output}}},
          {"stopped", nullptr}};
}

// What is said where a run ends in one of the ways that covering and restoring share.
struct Endings {
  std::string no_face, not_exact, damaged;
};

// One video on its way, from its opening to its end.
class VideoRun {
 public:
  // record: of open_output.
  VideoRun(const VideoOptions& options, std::optional<MediaFacts> facts, VideoWish wish, int record,
           RunReport* report)
      : options_(options),
        report_(report),
        input_(open_input(options.in, std::move(facts), options.out, wish)) {
    note_losses(wish);
    format_ = input_.source->format();
    if (wish.rgb) format_.layout = PixelLayout::Rgb;
    sink_ = open_output(options.out, options.in, input_, format_, wish, record);
  }

  VideoSource& source() { return *input_.source; }
  VideoOutput output() { return {*sink_, report_}; }
  const VideoFormat& format() const { return format_; }

  // Gives the output its name, or says why not. Returns the summary.
  ordered_json end(VideoOutcome outcome, const Endings& endings, Problems& problems) {
    const bool none = outcome.frames_with_faces == 0 && !options_.faces.allow_no_face;
    ordered_json lines = ordered_json::array();
    const auto report = [&](const std::string& line) {
      lines.push_back(options_.in.string() + ": " + line);
      problems.report(lines.back().get<std::string>());
    };
    if (!outcome.interrupted && !none) outcome.interrupted = !unless_interrupted([this] { sink_->finish(); });
    ordered_json summary = summary_of(options_, format_, outcome, seconds());
    if (outcome.interrupted) {
      const std::string stopped =
          "interrupted after " + counted(static_cast<std::size_t>(outcome.frames), "frame") +
          (is_standard_stream(options_.out) ? ", what was sent is not complete" : ", nothing is written") +
          "; run it again";
      report(stopped);
      summary["stopped"] = stopped;
      return summary;
    }
    if (none) report(endings.no_face);
    if (outcome.not_exact > 0) note(options_, std::to_string(outcome.not_exact) + endings.not_exact);
    const std::string damage = input_.source->damage();
    if (!damage.empty()) report("ffmpeg could not read all of it (" + damage + "); " + endings.damaged);
    summary["problem_lines"] = std::move(lines);
    if (!none) summary["output"] = options_.out.string();
    return summary;
  }

 private:
  void note_losses(const VideoWish& wish) const {
    if (!input_.facts) return;
    for (const std::string& line : left_out(*input_.facts, options_.out, wish)) note(options_, line);
  }
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

  const VideoOptions& options_;
  RunReport* report_;
  VideoInput input_;
  VideoFormat format_;
  std::unique_ptr<VideoSink> sink_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// ---- covering

Closer closer_of(const VideoOptions& options) {
  if (!options.key.key_file.empty()) return read_key_file(options.key.key_file);
  if (options.key.passphrase_descriptor) return read_new_passphrase(*options.key.passphrase_descriptor);
  if (options.key.passphrase) return ask_new_passphrase("Passphrase for the faces");
  return KeyForRecipients();
}

VideoKey new_key(const VideoOptions& options) {
  const Closer closer = closer_of(options);
  const std::size_t most = kMostWaysToOpen - 1;
  if (options.recipients.size() > most)
    throw FileError(options.recipients[most], "is one recipient too many",
                    "at most " + std::to_string(most) + " can be named");
  std::vector<PublicKey> recipients;
  for (const std::filesystem::path& path : options.recipients)
    recipients.push_back(read_public_key_file(path));
  return VideoKey::make(closer, recipients);
}

// What the recognizer saw, a line each.
void tell_checks(const VideoOptions& options, const VideoOutcome& outcome) {
  const auto faces = [](std::int64_t count) { return counted(static_cast<std::size_t>(count), "face"); };
  if (outcome.fewer_blocks > 0)
    note(options,
         faces(outcome.fewer_blocks) + " still recognized through the usual blocks; fewer were taken");
  if (outcome.recognized > 0)
    note(options,
         faces(outcome.recognized) + " still recognized through the blocks asked for; use fewer --blocks");
}

ordered_json cover_file(const VideoOptions& options, Problems& problems, RunReport* report) {
  if (options.keyed()) require_lossless_output(options);
  auto facts = look_at(options.in);
  const FrameFaces finder(options.faces, options.common, options.margin);
  const std::optional<VideoKey> key = options.keyed() ? std::optional(new_key(options)) : std::nullopt;
  VideoWish wish = options.wish;
  wish.rgb = options.keyed();
  if (options.keyed()) wish.codec = "ffv1";
  CoverOptions covers = options.covers;
  const std::unique_ptr<IdentityCheck> identity =
      open_identity_check(options.common, options.no_identity_check || options.dry_run);
  if (identity) covers.colours.likeness = std::cref(*identity);
  const std::optional<int> blocks =
      covers.colours.cover == Cover::Fill ? std::nullopt : std::optional(covers.colours.blocks);

  const Descriptor record = key ? unnamed_file(options.out) : Descriptor();
  const Interruption interruption;
  wish.stop = interruption.descriptor();
  VideoRun run(options, std::move(facts), wish, record.number(), report);
  if (!options.dry_run) say(options.common, visible_line(blocks));
  const KeyedOutput keyed{key ? &*key : nullptr, record.number()};
  const VideoOutcome outcome = cover_video(options.in, run.source(), run.output(), finder, covers,
                                           options.common, key ? &keyed : nullptr);
  ordered_json summary =
      run.end(outcome,
              {"no face was found; try a smaller --min-face or --score, or give --boxes, or pass "
               "--allow-no-face",
               " face(s) do not fit bit for bit, they will come back nearly so (the companded code)",
               "look at what was written"},
              problems);
  if (!outcome.interrupted) tell_checks(options, outcome);
  const std::size_t past = outcome.interrupted ? 0 : finder.listed_from(outcome.frames);
  if (past > 0)
    note(options, counted(past, "line") + " of --boxes are about frames after the last one, which is " +
                      std::to_string(outcome.frames - 1) + "; correct the table");
  summary["detector"] = finder.source();
  summary["visible_risk"] = options.dry_run ? ordered_json() : visible_json(blocks);
  summary["identity_check"] = identity != nullptr;
  if (!options.faces.boxes.empty() && outcome.outside > 0)
    note(options, counted(static_cast<std::size_t>(outcome.outside), "line") +
                      " of --boxes lie outside the picture and hide nothing; correct the table");
  summary["unmatched_boxes"] = past;
  summary["boxes_outside"] = options.faces.boxes.empty() ? 0 : outcome.outside;
  summary["faces_compared"] = outcome.compared;
  summary["faces_with_fewer_blocks"] = outcome.fewer_blocks;
  summary["faces_recognized"] = outcome.recognized;
  return summary;
}

// ---- restoring

// What a keyed video says of itself, and its key.
struct OpenedVideo {
  // Where no record says otherwise; what bauta video writes has no others.
  std::vector<int> residuals{kUsualResiduals.begin(), kUsualResiduals.end()};
  Descriptor record;
  std::optional<RegionLines> lines;
  std::optional<VideoKey> key;
};

// Nothing where there is no record that could be used: then a key file alone can search.
void read_lines(const VideoOptions& options, const MediaFacts& facts, const Opener& opener,
                OpenedVideo& video) {
  const bool can_search = std::holds_alternative<SecretKey>(opener);
  if (!facts.bauta_record && !can_search)
    throw FileError(options.in,
                    "has lost its record of regions, and with it what passphrases and recipients open",
                    "take the video as bauta wrote it");
  try {
    if (facts.bauta_record) {
      video.record = read_record(options.in, facts);
      video.lines.emplace(video.record.number(), options.in);
      return;
    }
    note(options,
         "has no record of regions: it was lost, or the video is not keyed; every frame is searched for "
         "faces, "
         "which takes long");
  } catch (const FileError& error) {
    if (!can_search) throw;
    say(options.common, error.what());
    note(options, "every frame is searched for faces, which takes long");
  }
}

OpenedVideo open_video(const VideoOptions& options, const MediaFacts& facts, const Opener& opener) {
  OpenedVideo video;
  read_lines(options, facts, opener, video);
  if (!video.lines) return video;
  if (!video.lines->residuals().empty()) video.residuals = video.lines->residuals();
  video.key = VideoKey::open(video.lines->lock(), opener);
  if (!video.key)
    throw CannotOpen(options.in, "was hidden under another key",
                     "pass its key or passphrase, or a recipient's private key");
  if (video.lines->picture() != ImageSize{facts.format.width, facts.format.height}) {
    note(options,
         "has pictures of another size than its record of regions; every frame is searched for faces, which "
         "takes long");
    video.lines.reset();
  }
  return video;
}

ordered_json restore_file(const VideoOptions& options, Problems& problems, RunReport* report) {
  auto facts = look_at(options.in);
  require_keyed_video(options.in, facts);
  const Opener opener = read_opener(options.key, options.in);
  const OpenedVideo video = open_video(options, *facts, opener);
  VideoWish wish = options.wish;
  wish.rgb = true;
  if (wish.codec.empty() && options.out.extension() == ".mkv") wish.codec = "ffv1";
  if (wish.codec != "ffv1" && !is_y4m(options.out))
    note(options,
         "is restored into a lossy video, to look at; name an .mkv file with --out, without --codec, "
         "to keep every bit");
  KeyedVideo keyed;
  keyed.of_faces = video.key ? &video.key->of_faces() : std::get_if<SecretKey>(&opener);
  keyed.residuals = video.residuals;
  if (video.lines) keyed.lines = &*video.lines;
  if (video.key) keyed.key = &*video.key;
  const Interruption interruption;
  wish.stop = interruption.descriptor();
  VideoRun run(options, std::move(facts), wish, -1, report);
  const VideoOutcome outcome = restore_video(options.in, run.source(), run.output(), options.common, keyed);
  ordered_json summary =
      run.end(outcome,
              {"has no face to restore under this key; pass its key, and the video as bauta wrote it",
               " face(s) come back nearly as they were (the companded code)", "take a whole copy"},
              problems);
  if (video.lines && !outcome.interrupted && outcome.frames < video.lines->frames())
    note(options, "has " + std::to_string(outcome.frames) + " of the " +
                      std::to_string(video.lines->frames()) + " frames that were covered");
  return summary;
}

// ---- both

void say_done(const VideoOptions& options, const ordered_json& summary) {
  char rate[32];
  std::snprintf(rate, sizeof rate, "%.1f", summary["frames_per_second"].get<double>());
  const std::string done = options.restore   ? "restored"
                           : options.dry_run ? "with boxes drawn"
                                             : "de-identified";
  say(options.common,
      counted(summary["frames"].get<std::size_t>(), "frame") + " " + done + ", " +
          std::to_string(summary["frames_with_faces"].get<std::int64_t>()) + " with faces, " + rate +
          " a second, " +
          (is_standard_stream(options.out) ? "to standard output" : "in " + options.out.string()) +
          (options.restore || !options.faces.boxes.empty() ? "" : "; look at it: a detector can miss faces"));
}

// A run that does not come to its end is told of, too.
ordered_json reported(const VideoOptions& options, Problems& problems) {
  std::optional<RunReport> report;
  if (!options.report.empty()) {
    for (const std::vector<std::filesystem::path>& read :
         {options.faces.files(), options.recipients, {options.in, options.key.key_file}})
      require_apart(options.report, read);
    report.emplace(options.report, options.wish.force, report_of_frames());
    report->begin({{"command", "video"}, {"mode", options.mode()}, {"input", options.in.string()}});
  }
  const auto work = options.restore ? restore_file : cover_file;
  ordered_json summary;
  try {
    summary = work(options, problems, report ? &*report : nullptr);
  } catch (const std::exception& error) {
    if (report)
      report->finish({{"output", nullptr}, {"problems", problems.count() + 1}, {"stopped", error.what()}},
                     error.what());
    throw;
  }
  summary["problems"] = problems.count();
  if (report)
    report->finish(summary, summary["stopped"].is_null() ? "" : summary["stopped"].get<std::string>());
  return summary;
}

int video(const VideoOptions& options) {
  require_device(options.common);
  ignore_broken_pipes();
  require_output_place(options);
  Problems problems;
  const ordered_json summary = reported(options, problems);
  if (!summary["output"].is_null()) say_done(options, summary);
  print_summary(options.common, summary);
  return problems.exit_code();
}

}  // namespace

void add_video(CLI::App& program, int& exit_code) {
  auto options = std::make_shared<VideoOptions>();
  CLI::App* command = add_video_command(program, *options);
  command->callback([options, &exit_code, command] {
    complete(*command, *options);
    exit_code = video(*options);
  });
}

}  // namespace bauta
