#include "source/sound_resource.h"

#include "source/sound_reader.h"
#include "source/whole_frames.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace tonearm::source {
namespace {

using State = http::WavLayoutReader::State;

constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
/// Of a WAV whose header must be looked at before anything else is known.
constexpr http::RangeSpec first_block{0, 4095};

// Sizes and positions are what origins and clients claim: these saturate.
std::uint64_t less(std::uint64_t a, std::uint64_t b) { return a > b ? a - b : 0; }
std::uint64_t sum(std::uint64_t a, std::uint64_t b) { return b > most - a ? most : a + b; }

Error not_wav() {
  return Error{ErrorKind::bad_request,
               "pos= is for WAV and PCM, and this song is neither (or a WAV without sample frames "
               "of a fixed size).",
               {}};
}

}  // namespace

std::unique_ptr<Resource> view_as_wav(std::unique_ptr<Resource> inner, SoundView view) {
  if (view.changes_nothing()) return inner;
  return std::make_unique<SoundResource>(std::move(inner), std::move(view));
}

SoundResource::SoundResource(std::unique_ptr<Resource> inner, SoundView view)
    : inner_(std::move(inner)), view_(std::move(view)), bytes_(*inner_) {
  if (view_.pcm) layout_.format = *view_.pcm;
}

std::uint64_t SoundResource::whole_frames(std::uint64_t size) const {
  return size - size % layout_.format.frame_size();
}

std::uint64_t SoundResource::offset() const {
  if (!view_.position) return 0;
  const std::uint64_t frame = view_.position->frame(layout_.format.rate);
  const std::uint64_t size = layout_.format.frame_size();
  return frame > most / size ? most : frame * size;
}

/// The positions that will be read below, as far as they are known already.
ReadIntent SoundResource::intent_below(const ReadIntent& intent) {
  ReadIntent below = intent;
  if (!view_.pcm) {
    below.range = first_block;
    below.likely = true;
    below.several = true;
    below.parts = nullptr;
    return below;
  }
  if (intent.parts) {
    below.parts = [this, &intent](const http::Representation& inner) {
      return parts_below(intent, inner);
    };
  }
  const std::uint64_t header = http::wav_header(layout_.format, 0).size();
  const std::uint64_t start = offset();
  const auto map = [&](std::uint64_t position) { return sum(start, less(position, header)); };
  if (!intent.range) {
    if (start > 0) below.range = http::RangeSpec{start, std::nullopt};
  } else if (!intent.range->is_suffix()) {
    below.range->first = map(*intent.range->first);
    if (intent.range->last) below.range->last = map(*intent.range->last);
  }
  return below;
}

http::ByteRanges SoundResource::parts_below(const ReadIntent& intent, http::Representation inner) {
  describe_sound(inner);
  const std::uint64_t header = header_.size();
  http::ByteRanges below;
  for (const http::ByteRange& part : intent.parts(inner)) {
    if (part.end <= header) continue;
    below.push_back({sum(first_, less(part.first, header)), sum(first_, part.end - header)});
  }
  return below;
}

io::Task<Result<http::WavLayout>> SoundResource::find_layout() {
  http::WavLayoutReader reader;
  while (reader.state() == State::reading) {
    const http::ByteRange wanted = reader.wanted();
    const Result<std::string_view> bytes = co_await bytes_.peek(wanted);
    if (!bytes) co_return bytes.error();
    reader.feed(*bytes);
  }
  if (reader.state() == State::not_wav) co_return not_wav();
  co_return reader.layout();
}

io::Task<Result<http::Representation>> SoundResource::describe(const ReadIntent& intent) {
  const auto until = io::Clock::now() + view_.patience;
  const ReadIntent below = intent_below(intent);
  Result<http::Representation> what = co_await inner_->describe(below);
  if (!what) co_return what;
  if (what->growth) {
    bytes_.set_growing(what->growth->exists);
  } else {
    bytes_.set_extent(what->length);
  }
  if (!view_.pcm) {
    const Result<http::WavLayout> layout = co_await find_layout();
    if (!layout) co_return layout.error();
    layout_ = *layout;
  }
  describe_sound(*what);
  const bool may_start_past_end = view_.position && bytes_.in_one_pass() && !what->starts_past_end;
  if (may_start_past_end && intent.reads(*what)) {
    const Result<void> found = co_await find_first_frame(*what, until);
    if (!found) co_return found.error();
  }
  co_return what;
}

/// Nobody says how long it is, and a header may promise too much: only that a frame is there shows
/// that the position lies before the end. Where none is, the length has come out. As long as
/// something comes, the head waits no longer for that than for anything else.
io::Task<Result<void>> SoundResource::find_first_frame(http::Representation& what,
                                                       io::Clock::time_point until) {
  const Result<void> skipped = co_await bytes_.skip_to(first_, until);
  if (!skipped) co_return skipped;
  if (!bytes_.has_come_to(first_)) co_return Result<void>{};
  const std::uint64_t frame = layout_.format.frame_size();
  const Result<std::string_view> bytes = co_await bytes_.peek({first_, sum(first_, frame)});
  if (!bytes) co_return bytes.error();
  if (bytes->size() < frame) describe_whole(what, bytes_.end_of_pass());
  co_return Result<void>{};
}

void SoundResource::describe_sound(http::Representation& what) {
  first_ = sum(layout_.data_first, offset());
  what.content_type = "audio/wav";
  what.validators = own(std::move(what.validators));
  if (what.growth) {
    describe_growth(what);
  } else if (what.length) {
    describe_whole(what, *what.length);
  } else {
    describe_pass(what);
  }
}

void SoundResource::describe_whole(http::Representation& what, std::uint64_t length) {
  // A total near 2^64, which an origin may name, leaves no room for the header.
  std::uint64_t sound = std::min(less(length, layout_.data_first), most / 2);
  if (layout_.data_size) sound = std::min(sound, *layout_.data_size);
  sound = whole_frames(sound);
  what.starts_past_end = view_.position && offset() >= sound;
  const std::uint64_t size = what.starts_past_end ? sound : sound - offset();
  header_ = http::wav_header(layout_.format, size);
  end_ = layout_.data_first + sound;
  what.length = header_.size() + size;
}

void SoundResource::describe_growth(http::Representation& what) {
  http::Growth& growth = *what.growth;
  const std::uint64_t sound = less(growth.exists, layout_.data_first);
  growth.lead = layout_.format.byte_rate();
  growth.most = http::largest_wav;
  header_ = http::wav_header(layout_.format, std::nullopt);
  what.starts_past_end = view_.position && less(offset(), sound) > growth.lead;
  growth.exists = header_.size() + less(sound, what.starts_past_end ? 0 : offset());
  existed_ = growth.exists;
}

/// Nobody says how long it is: only a WAV's own header may. Once a cache has all of it, it has
/// other sizes in its header and may end elsewhere: what identifies that WAV must not identify this
/// one.
void SoundResource::describe_pass(http::Representation& what) {
  what.validators = {};
  std::optional<std::uint64_t> size;
  if (layout_.data_size) {
    const std::uint64_t sound = whole_frames(*layout_.data_size);
    what.starts_past_end = view_.position && offset() >= sound;
    if (!what.starts_past_end) {
      size = sound - offset();
      end_ = layout_.data_first + sound;
    }
  }
  header_ = http::wav_header(layout_.format, size);
}

/// Another representation than the inner one: a tag derived from it, and from all that decides the
/// bytes.
http::Validators SoundResource::own(http::Validators inner) const {
  if (!inner.etag) return inner;
  std::string& opaque = inner.etag->opaque;
  opaque.pop_back();  // the closing quote
  if (view_.pcm) {
    const http::WavFormat& format = layout_.format;
    opaque += "~" + std::to_string(format.coding()) + "." + std::to_string(format.bits) + "." +
              std::to_string(format.rate) + "." + std::to_string(format.channels);
  }
  if (view_.position) opaque += "@" + std::to_string(offset());
  opaque += '"';
  return inner;
}

std::unique_ptr<io::ByteReader> SoundResource::read(std::uint64_t first,
                                                    std::optional<std::uint64_t> end) {
  const std::uint64_t header = header_.size();
  SoundSpan span;
  span.header = std::string_view(header_).substr(
      static_cast<std::size_t>(std::min(first, header)),
      static_cast<std::size_t>(less(std::min(end.value_or(header), header), first)));
  span.sound = !end || *end > header;
  span.first = sum(first_, less(first, header));
  if (end) {
    span.end = sum(first_, less(*end, header));
  } else {
    span.end = end_;
  }
  auto reader = std::make_unique<SoundReader>(*inner_, bytes_, span);
  const bool follows = existed_ && end.value_or(most) > *existed_;
  if (!follows && !bytes_.in_one_pass()) return reader;
  const std::uint64_t frame = layout_.format.frame_size();
  const std::uint64_t begun = less(first, header) % frame;
  WholeFrames::Passing passing;
  passing.lead = less(header, first) + (begun > 0 ? frame - begun : 0);
  passing.all = less(end.value_or(most), first);
  return std::make_unique<WholeFrames>(std::move(reader), static_cast<std::size_t>(frame), passing);
}

}  // namespace tonearm::source
