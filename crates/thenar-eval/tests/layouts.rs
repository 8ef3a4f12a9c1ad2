//! Data sets as they lie in folders: trees of empty files, read back.

use std::fs;
use std::path::Path;

use thenar_eval::layouts::{DataSet, Filter, Hand, Layout, Sources, Spectrum, read};
use thenar_eval::protocols::{Order, Setting, check, closed_set, open_set};

fn tree<'a>(names: impl IntoIterator<Item = &'a str>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        touch(folder.path(), name);
    }
    folder
}

fn touch(folder: &Path, name: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, b"").unwrap();
}

fn read_tree(layout: Layout, names: &[&str]) -> DataSet {
    read(layout, tree(names.iter().copied()).path()).unwrap()
}

fn refused(layout: Layout, folder: &Path) -> String {
    read(layout, folder).unwrap_err().to_string()
}

/// Path, label, session, capture.
fn samples(data: &DataSet) -> Vec<(&str, &str, u32, u32)> {
    let samples = data.samples.iter();
    samples
        .map(|s| (s.path.as_str(), s.label.as_str(), s.session, s.capture))
        .collect()
}

/// Tongji with `palms` palms and `images` images of each in each session.
fn tongji(palms: u32, images: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for session in 1..=2 {
        for palm in 0..palms {
            for image in 1..=images {
                let number = palm * 10 + image;
                touch(
                    folder.path(),
                    &format!("ROI/session{session}/{number:05}.bmp"),
                );
            }
        }
    }
    folder
}

/// The files of every layout, at least two palms and two images of each.
fn examples(layout: Layout) -> Vec<&'static str> {
    match layout {
        Layout::Tongji => vec![
            "session1/00001.bmp",
            "session2/00001.bmp",
            "session1/00011.bmp",
            "session2/00011.bmp",
        ],
        Layout::TongjiFolders => vec![
            "train/0/00001.bmp",
            "val/0/00001.bmp",
            "train/1/00011.bmp",
            "val/1/00011.bmp",
        ],
        Layout::Iitd => vec![
            "Segmented/Left/001_1.bmp",
            "Segmented/Left/001_2.bmp",
            "Segmented/Right/001_1.bmp",
            "Segmented/Right/001_2.bmp",
        ],
        Layout::IitdPhotos => vec![
            "Left Hand/001_1.JPG",
            "Left Hand/001_2.JPG",
            "Right Hand/002_1.JPG",
            "Right Hand/002_2.JPG",
        ],
        Layout::Polyu1 => vec![
            "PolyU_00_1.bmp",
            "PolyU_00_4.bmp",
            "PolyU_01_1.bmp",
            "PolyU_01_4.bmp",
        ],
        Layout::Polyu2 => vec![
            "PolyU_001_F_01.bmp",
            "PolyU_001_S_01.bmp",
            "PolyU_003_F_01.bmp",
            "PolyU_003_S_01.bmp",
        ],
        Layout::PolyuMultispectral => vec![
            "Multispectral_B/001/1_01_s.bmp",
            "Multispectral_B/001/2_01_s.bmp",
            "Multispectral_B/003/1_01_s.bmp",
            "Multispectral_B/003/2_01_s.bmp",
        ],
        Layout::Casia => vec![
            "0001/0001_m_l_01.jpg",
            "0001/0001_m_l_02.jpg",
            "0002/0002_f_r_01.jpg",
            "0002/0002_f_r_02.jpg",
        ],
        Layout::Coep => vec!["1_1.JPG", "1_2.JPG", "2_1.JPG", "2_2.JPG"],
        Layout::Hands11k => vec![
            "Hands/Hand_0000002.jpg",
            "Hands/Hand_0000003.jpg",
            "Hands/Hand_0000010.jpg",
            "Hands/Hand_0000011.jpg",
        ],
        other => panic!("no example of {}", other.name()),
    }
}

const TABLE: &str =
    "id,age,gender,skinColor,accessories,nailPolish,aspectOfHand,imageName,irregularities
\"0000000\",27,\"male\",\"fair\",0,0,\"palmar right\",\"Hand_0000002.jpg\",0
\"0000000\",27,\"male\",\"fair\",0,0,\"palmar right\",\"Hand_0000003.jpg\",0
\"0000001\",30,\"female\",\"fair\",1,1,\"palmar left\",\"Hand_0000010.jpg\",0
\"0000001\",30,\"female\",\"fair\",0,1,\"palmar left\",\"Hand_0000011.jpg\",0
";

fn example_tree(layout: Layout) -> tempfile::TempDir {
    let folder = tree(examples(layout));
    if layout == Layout::Hands11k {
        fs::write(folder.path().join("HandInfo.csv"), TABLE).unwrap();
    }
    folder
}

#[test]
fn every_layout_has_a_name_and_reads_its_own_tree() {
    for layout in Layout::ALL {
        assert_eq!(layout.name().parse::<Layout>().unwrap(), layout);
        let folder = example_tree(layout);
        let data = read(layout, folder.path()).unwrap();
        assert_eq!(data.samples.len(), 4, "{}", layout.name());
        for sample in &data.samples {
            assert!(
                folder.path().join(&sample.path).is_file(),
                "{}",
                sample.path
            );
        }
        let summary = data.summary();
        assert_eq!((summary.images, summary.palms), (4, 2), "{}", layout.name());
        assert!(!summary.gaps.is_empty(), "{}", layout.name());
    }
    let unknown = "polyu".parse::<Layout>().unwrap_err().to_string();
    assert!(
        unknown.contains("expected one of tongji, tongji-folders, iitd"),
        "{unknown}"
    );
}

#[test]
fn the_example_of_every_layout_is_one_of_its_files() {
    for layout in Layout::ALL {
        let example = layout.about().example;
        let files = examples(layout);
        assert!(files.iter().any(|f| f.ends_with(example)), "{example}");
    }
}

#[test]
fn every_layout_gives_a_sound_closed_protocol() {
    for layout in Layout::ALL {
        let folder = example_tree(layout);
        let data = read(layout, folder.path()).unwrap();
        let sources = data.sources(&Filter::default(), 1).unwrap();
        let order = Order {
            subjects: layout.about().subjects.clone(),
            seed: None,
        };
        let split = closed_set(&sources.source(), &order).unwrap();
        let found = check(&split.lists(), &order.subjects);
        assert!(found.is_sound(), "{}: {:?}", layout.name(), found.findings);
        assert_eq!(
            (found.pairs.genuine, found.pairs.impostor),
            (2, 2),
            "{}",
            layout.name()
        );
        let two = data.sessions().len() == 2;
        assert_eq!(
            matches!(sources, Sources::Sessions { .. }),
            two,
            "{}",
            layout.name()
        );
    }
}

/// A layout reads the files of no other; the two that share names are told apart by their folders.
#[test]
fn the_files_of_another_layout_are_refused_by_name() {
    for layout in Layout::ALL {
        for other in Layout::ALL {
            if layout == other || layout == Layout::Hands11k {
                continue;
            }
            let folder = tree(examples(other));
            let error = refused(layout, folder.path());
            let mut names = examples(other);
            names.sort_unstable();
            assert!(error.contains(names[0]), "{}: {error}", layout.name());
            assert!(error.contains(layout.about().expected), "{error}");
        }
    }
    let error = refused(Layout::Hands11k, tree(["Hands/Hand_0000002.jpg"]).path());
    assert!(error.contains("HandInfo.csv: cannot be read"), "{error}");
}

#[test]
fn an_empty_or_missing_folder_is_an_error() {
    let folder = tree(["readme.txt", ".hidden.bmp"]);
    let error = refused(Layout::Casia, folder.path());
    assert!(
        error.contains("holds no image of CASIA palmprints"),
        "{error}"
    );
    assert!(error.contains("like 0001/0001_m_l_01.jpg"), "{error}");
    for layout in Layout::ALL {
        let error = refused(layout, &folder.path().join("nowhere"));
        assert!(error.contains("nowhere: is not a folder"), "{error}");
    }
}

#[test]
fn originals_beside_cut_outs_are_not_mixed() {
    let folder = tree(["ROI/session1/00001.bmp", "original/session1/00001.tiff"]);
    let error = refused(Layout::Tongji, folder.path());
    assert!(error.contains("image 1 of palm 0 in session 1"), "{error}");
    assert!(error.contains("ROI/session1/00001.bmp"), "{error}");
}

#[test]
fn palms_stand_in_the_order_of_their_numbers() {
    let data = read_tree(
        Layout::Tongji,
        &[
            "session2/00001.bmp",
            "session1/00101.bmp",
            "session1/00021.bmp",
            "session1/00002.bmp",
            "session1/00001.bmp",
            "notes.txt",
        ],
    );
    assert_eq!(
        samples(&data),
        [
            ("session1/00001.bmp", "0", 1, 1),
            ("session1/00002.bmp", "0", 1, 2),
            ("session2/00001.bmp", "0", 2, 1),
            ("session1/00021.bmp", "2", 1, 1),
            ("session1/00101.bmp", "10", 1, 1),
        ]
    );
    assert_eq!(data.skipped, 1);
}

#[test]
fn the_papers_open_set_parts_no_person() {
    let folder = tongji(8, 2);
    let data = read(Layout::Tongji, folder.path()).unwrap();
    let sources = data.sources(&Filter::default(), 1).unwrap();
    let order = Order {
        subjects: data.layout.about().subjects.clone(),
        seed: Some(7),
    };
    let split = open_set(&sources.source(), 0.5, &order).unwrap();
    assert_eq!(split.setting, Setting::Open);
    assert!(check(&split.lists(), &order.subjects).is_sound());
    let palms = |list: &thenar_eval::List| -> Vec<u32> {
        let labels = list.entries.iter().map(|e| e.label.parse().unwrap());
        let labels: std::collections::BTreeSet<u32> = labels.collect();
        labels.into_iter().collect()
    };
    let trained = palms(split.train.as_ref().unwrap());
    assert_eq!(trained.len(), 4);
    assert!(
        trained.iter().all(|p| trained.contains(&(p ^ 1))),
        "{trained:?}"
    );
}

#[test]
fn filters_choose_light_hand_and_session() {
    let data = read_tree(
        Layout::PolyuMultispectral,
        &[
            "Blue/001/1_01.bmp",
            "Blue/001/2_01.bmp",
            "NIR/001/1_01.bmp",
            "NIR/001/2_01.bmp",
        ],
    );
    assert_eq!(data.spectra(), [Spectrum::Blue, Spectrum::Nir]);
    let nir = Filter {
        spectrum: Some("nir".parse().unwrap()),
        ..Filter::default()
    };
    let (gallery, probe) = data.between_sessions(&nir, 1, 2).unwrap();
    assert_eq!(gallery.to_text(), "NIR/001/1_01.bmp 0\n");
    assert_eq!(probe.to_text(), "NIR/001/2_01.bmp 0\n");
    let red = Filter {
        spectrum: Some(Spectrum::Red),
        ..Filter::default()
    };
    let none = data.list(&red).unwrap_err().to_string();
    assert!(
        none.contains("asked for spectrum red") && none.contains("[\"blue\", \"nir\"]"),
        "{none}"
    );
    assert!(data.between_sessions(&nir, 1, 1).is_err());
    assert!(data.between_sessions(&nir, 1, 3).is_err());
    assert!("white".parse::<Spectrum>().is_err());

    let folder = example_tree(Layout::Iitd);
    let data = read(Layout::Iitd, folder.path()).unwrap();
    let left = Filter {
        hand: Some(Hand::Left),
        ..Filter::default()
    };
    assert!(data.select(&left).all(|s| s.label == "001_l"));
    assert_eq!(data.list(&left).unwrap().entries.len(), 2);
}

#[test]
fn the_table_of_11k_hands_decides() {
    let folder = example_tree(Layout::Hands11k);
    let table = format!(
        "{TABLE}2,20,male,dark,0,0,dorsal left,Hand_0000020.jpg,0\n2,20,male,dark,0,0,palmar left,Hand_0000021.jpg,0\n"
    );
    fs::write(folder.path().join("HandInfo.csv"), &table).unwrap();
    touch(folder.path(), "Hands/Hand_0000020.jpg");
    let data = read(Layout::Hands11k, folder.path()).unwrap();
    assert_eq!(
        samples(&data)[0],
        ("Hands/Hand_0000002.jpg", "0000000_r", 1, 2)
    );
    assert_eq!((data.samples.len(), data.skipped), (4, 1));
    assert_eq!(data.missing, ["Hand_0000021.jpg"]);
    let plain = Filter {
        plain_only: true,
        ..Filter::default()
    };
    assert_eq!(data.list(&plain).unwrap().entries.len(), 3);
    let summary = data.summary();
    assert_eq!((summary.unusual, summary.hands), (1, Some((1, 1))));
    assert!(
        summary
            .gaps
            .contains(&"images of its table missing: 1 (Hand_0000021.jpg)".to_owned())
    );

    touch(folder.path(), "Hands/Hand_0000099.jpg");
    let error = refused(Layout::Hands11k, folder.path());
    assert!(
        error.contains("Hand_0000099.jpg: has no row left"),
        "{error}"
    );
    fs::write(
        folder.path().join("HandInfo.csv"),
        table.replace("dorsal left", "back"),
    )
    .unwrap();
    let error = refused(Layout::Hands11k, folder.path());
    assert!(
        error.contains("HandInfo.csv:6: aspectOfHand \"back\""),
        "{error}"
    );
    fs::write(
        folder.path().join("HandInfo.csv"),
        table.replace("0000003", "0000002"),
    )
    .unwrap();
    let error = refused(Layout::Hands11k, folder.path());
    assert!(
        error.contains("HandInfo.csv:3: Hand_0000002.jpg has a second row"),
        "{error}"
    );
}

#[test]
fn a_part_is_read_and_its_gaps_are_told() {
    let folder = tongji(3, 10);
    fs::remove_file(folder.path().join("ROI/session2/00025.bmp")).unwrap();
    touch(folder.path(), "ROI/Thumbs.db");
    let summary = read(Layout::Tongji, folder.path()).unwrap().summary();
    assert_eq!((summary.images, summary.palms, summary.people), (59, 3, 2));
    assert_eq!((summary.skipped, summary.hands), (1, Some((2, 1))));
    assert_eq!(
        summary.gaps,
        [
            "597 of 600 palms missing",
            "298 of 300 people missing",
            "11941 of 12000 images missing",
            "palms without all their images: 1 (palm 2 has 9 of 10 in session 2)",
        ]
    );
    let text = summary.to_string();
    assert!(text.contains("59 images of 3 palms of 2 people"), "{text}");
    assert!(text.contains("session 2   29 images"), "{text}");
    let json = serde_json::to_value(&summary).unwrap();
    assert_eq!(json["sessions"]["2"], 29);
    assert_eq!(json["whole"]["images"], 12_000);
    assert_eq!(json["layout"], "tongji");
}

#[test]
fn a_whole_copy_has_no_gaps() {
    let folder = tempfile::tempdir().unwrap();
    for person in 1..=168 {
        for number in 1..=8 {
            touch(folder.path(), &format!("{person}_{number}.JPG"));
        }
    }
    let data = read(Layout::Coep, folder.path()).unwrap();
    assert_eq!(data.summary().gaps, [""; 0]);
    touch(folder.path(), "169_1.JPG");
    let gaps = read(Layout::Coep, folder.path()).unwrap().summary().gaps;
    assert_eq!(gaps[0], "1 palms more than the 168 published");
}
