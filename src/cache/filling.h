#pragma once

#include "tonearm/io/task.h"
#include "tonearm/source/source.h"

#include "cache/store.h"

#include <memory>

namespace tonearm::cache {

/// What a fill needs of its loop. It owns all of it, for it may outlive the request that began it
/// and the configuration, too.
struct Supply {
  io::Executor loop;
  std::shared_ptr<source::Source> source;
  source::SourceRequest request;
};

/// Where a visit leaves the resource that cannot be kept, for the request that began it: the first
/// question to the origin is then not asked twice. Belongs to one loop.
struct HandOver {
  const source::ReadIntent* intent = nullptr;  ///< That request's; null once it waits no more.
  std::unique_ptr<source::Resource> resource;
  std::optional<http::Representation> what;
};

/// What a visit wants to know.
struct Inquiry {
  std::shared_ptr<Version> known;  ///< Is it still the current one? Null: nothing is kept.
  source::ReadIntent ask;          ///< What is to be read, in whole blocks.
  bool likely = true;              ///< Something is, though `ask` may not know what.
};

// A job is made before others can find its visit or its fill: its end, be it that it cannot be
// started, is then theirs.
struct FillJob;

/// Asks the origin about a song, and goes on to fetch what the inquiry wants if that can be kept:
/// on the job's loop, on its own. The entry's `visit` is the job's until its answer is there.
void start_visit(std::shared_ptr<FillJob> job, Inquiry inquiry,
                 std::shared_ptr<HandOver> hand_over);

/// Fetches missing blocks of the job's version: see Fill. It stands in the version's fills already.
void start_fill(std::shared_ptr<FillJob> job, std::uint64_t wanted_end);

}  // namespace tonearm::cache
