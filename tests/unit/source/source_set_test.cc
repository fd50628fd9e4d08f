#include "tonearm/source/source_set.h"

#include "support/run.h"

#include <gtest/gtest.h>

namespace tonearm::source {
namespace {

/// Opens nothing, and says which one it is.
class NamedSource final : public Source {
 public:
  explicit NamedSource(std::string name) : name_(std::move(name)) {}
  Result<std::unique_ptr<Resource>> open(const SourceRequest&) override {
    return Error{ErrorKind::origin_refused, name_, {}};
  }
  io::Task<Result<OriginReport>> probe(SourceRequest) override {
    OriginReport report;
    report.url = name_;
    co_return report;
  }

 private:
  std::string name_;
};

SourceSet plain_and_url() {
  SourceSet set;
  set.set(Locator::Kind::plain, std::make_shared<NamedSource>("plain"));
  set.set(Locator::Kind::url, std::make_shared<NamedSource>("url"));
  return set;
}

SourceRequest of(Locator::Kind kind) { return {Locator{kind, "x", {}}, false}; }

TEST(SourceSet, AsksTheSourceOfTheKind) {
  SourceSet set = plain_and_url();
  EXPECT_EQ(set.open(of(Locator::Kind::plain)).error().detail, "plain");
  EXPECT_EQ(set.open(of(Locator::Kind::url)).error().detail, "url");
  EXPECT_EQ(test::run(set.probe(of(Locator::Kind::url))).value().url, "url");
}

TEST(SourceSet, AKindWithoutASourceIsABadLocator) {
  SourceSet set = plain_and_url();
  EXPECT_EQ(set.open(of(Locator::Kind::s3)).error().kind, ErrorKind::bad_locator);
  EXPECT_EQ(test::run(set.probe(of(Locator::Kind::file))).error().kind, ErrorKind::bad_locator);
}

}  // namespace
}  // namespace tonearm::source
