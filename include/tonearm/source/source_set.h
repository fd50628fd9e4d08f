#pragma once

#include "tonearm/source/source.h"

#include <array>
#include <memory>

namespace tonearm::source {

/// All that can be opened on one loop: a source for each kind of locator.
class SourceSet final : public Source {
 public:
  /// Replaces what was there for `kind`.
  void set(Locator::Kind kind, std::shared_ptr<Source> source);

  /// bad_locator for a kind that has no source.
  Result<std::unique_ptr<Resource>> open(const SourceRequest& request) override;
  io::Task<Result<OriginReport>> probe(SourceRequest request) override;
  io::Task<Result<void>> forget(SourceRequest request) override;

 private:
  Result<Source*> source_of(const Locator& locator) const;

  std::array<std::shared_ptr<Source>, Locator::kinds> sources_;
};

}  // namespace tonearm::source
